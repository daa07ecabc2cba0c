// SPDX-License-Identifier: GPL-2.0-only
// What the series' pool decides for a load, without its memory: which call finds a buffer, fills one, or finds none.
//
// It follows io-buffer-pool.c as far as counts depend on it. A buffer serves one permission only, so each domain, class and
// permission has a cache; all that is cached since the last run of the eviction worker is young, the rest is old. What came
// back last is taken first, so the young go first. Which slot it is changes no count.

import { LVL_GRAN, LVL_START, PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { EVICT_PERIOD_MSEC } from '@iommu-bounce/io-buffer-pool';
import { SLOT_BYTES, kmallocBytes } from '../scenarios/devices/sizes';
import { CLASS_BITS, type PoolLoad, TOO_BIG, callClass, callFillFails } from './pool-load';

const ALL_BITS = Array.from({ length: CLASS_BITS }, (_, bit) => bit);

/** Both parameters of the pool. */
export interface PoolSizes {
  /** Bit i enables the class of PAGE_SIZE << i bytes, 1..255. */
  readonly classSizes: number;
  /** Slots of each class of each domain, 1 or more. */
  readonly numSlots: number;
}

export interface PoolOutcome {
  /** Maps that found a buffer, and those that made one. */
  readonly hits: number;
  readonly fills: number;
  /** Maps that went to the IOMMU: larger than all classes, no slot free, no memory for a buffer. */
  readonly tooBig: number;
  readonly full: number;
  readonly fillFailed: number;
  /** Buffers that the eviction worker gave back. */
  readonly evictions: number;
  /** Bytes of buffers, at most. */
  readonly peakBytes: number;
  /** Bytes copied by maps and unmaps. */
  readonly copiedBytes: number;
  /** Requests of the IOMMU: of what went past the pool, of fills, of evictions. */
  readonly requests: number;
  /** Slots of one class of one domain, at most, that were in use or cached. */
  readonly mostSlots: number;
  /** Bytes of buffers if each class of each domain kept as many as it ever had at a time. */
  readonly heldBytes: number;
}

export function poolServed({ hits, fills }: Pick<PoolOutcome, 'hits' | 'fills'>): number {
  return hits + fills;
}

/** Bits of a mask, ascending. */
function classBits(classSizes: number): number[] {
  return ALL_BITS.filter((bit) => (classSizes & (1 << bit)) !== 0);
}

/** Bytes of each class, ascending. */
export function classBytes(classSizes: number): number[] {
  return classBits(classSizes).map((bit) => PAGE_SIZE * 2 ** bit);
}

/** Slot arrays of the pools of so many domains. Arithmetic from the C's sizes. */
export function poolArrayBytes({ classSizes, numSlots }: PoolSizes, domains: number): number {
  return domains * classBytes(classSizes).length * kmallocBytes(numSlots * SLOT_BYTES);
}

/** The jiffy at which a timer runs that is armed now: where its bucket of the timer wheel begins. */
export function timerDue(jiffies: number, delay: number): number {
  let level = 0;
  while (delay >= LVL_START(level + 1)) level++;
  const width = LVL_GRAN(level);
  return Math.floor((jiffies + delay + width) / width) * width;
}

const NEVER = Infinity;

/** Answers for one load; its arrays are made once. */
export class PoolModel {
  private readonly calls: PoolLoad['calls'];
  /** By call: the class that serves it, or NONE. */
  private readonly classOfCall: Int8Array;
  private readonly evictPeriod: number;

  /** @param firstJiffies jiffies when the load began: the wheel's buckets are multiples of them */
  constructor(
    private readonly load: PoolLoad,
    private readonly firstJiffies: number,
  ) {
    this.calls = load.calls;
    this.classOfCall = new Int8Array(this.calls.length);
    this.evictPeriod = Math.ceil((EVICT_PERIOD_MSEC * load.hz) / 1000);
  }

  run({ classSizes, numSlots }: PoolSizes): PoolOutcome {
    const { classOfCall, firstJiffies, evictPeriod } = this;
    const { length, classes, caches, mapOf, times, bytes, requests, domainOfCache } = this.calls;
    const sizes = classBytes(classSizes);
    const served = servingClasses(classSizes);
    const K = sizes.length;
    const young = new Int32Array(domainOfCache.length * K);
    const old = new Int32Array(domainOfCache.length * K);
    const domains = domainOfCache.reduce((most, domain) => Math.max(most, domain + 1), 0);
    const free = new Float64Array(domains * K).fill(numSlots);
    const fewestFree = new Float64Array(domains * K).fill(numSlots);
    const due = new Float64Array(domains).fill(NEVER);
    let nextDue = NEVER;
    let nowBytes = 0;
    let peakBytes = 0;
    let hits = 0;
    let fills = 0;
    let tooBig = 0;
    let full = 0;
    let fillFailed = 0;
    let evictions = 0;
    let copiedBytes = 0;
    let asked = 0;

    const runWorkers = (until: number): void => {
      while (nextDue <= until) {
        const domain = due.indexOf(nextDue);
        const now = nextDue;
        let isLeft = false;
        for (let cache = 0; cache < domainOfCache.length; cache++) {
          if (domainOfCache[cache] !== domain) continue;
          for (let k = 0; k < K; k++) {
            const at = cache * K + k;
            const gone = old[at] as number;
            evictions += gone;
            nowBytes -= gone * (sizes[k] as number);
            free[domain * K + k] = (free[domain * K + k] as number) + gone;
            old[at] = young[at] as number;
            young[at] = 0;
            if (old[at] !== 0) isLeft = true;
          }
        }
        due[domain] = isLeft ? timerDue(now, evictPeriod) : NEVER;
        nextDue = due.reduce((least, one) => Math.min(least, one), NEVER);
      }
    };

    for (let i = 0; i < length; i++) {
      const now = firstJiffies + (times[i] as number);
      if (nextDue <= now) runWorkers(now);
      const cache = caches[i] as number;
      const domain = domainOfCache[cache] as number;
      const map = mapOf[i] as number;
      if (map >= 0) {
        const k = classOfCall[map] as number;
        if (k < 0) {
          asked += requests[i] as number;
          continue;
        }
        copiedBytes += bytes[i] as number;
        const at = cache * K + k;
        young[at] = (young[at] as number) + 1;
        if (due[domain] === NEVER) {
          const then = timerDue(now, evictPeriod);
          due[domain] = then;
          if (then < nextDue) nextDue = then;
        }
        continue;
      }
      const value = classes[i] as number;
      const k = served[callClass(value)] as number;
      classOfCall[i] = -1;
      if (k < 0) tooBig++;
      else {
        const at = cache * K + k;
        const slots = domain * K + k;
        if ((young[at] as number) > 0) {
          young[at] = (young[at] as number) - 1;
          hits++;
          classOfCall[i] = k;
        } else if ((old[at] as number) > 0) {
          old[at] = (old[at] as number) - 1;
          hits++;
          classOfCall[i] = k;
        } else if (free[slots] === 0) full++;
        else if (callFillFails(value)) fillFailed++;
        else {
          const left = (free[slots] as number) - 1;
          free[slots] = left;
          if (left < (fewestFree[slots] as number)) fewestFree[slots] = left;
          nowBytes += sizes[k] as number;
          if (nowBytes > peakBytes) peakBytes = nowBytes;
          fills++;
          classOfCall[i] = k;
        }
      }
      if ((classOfCall[i] as number) >= 0) copiedBytes += bytes[i] as number;
      else asked += requests[i] as number;
    }
    runWorkers(firstJiffies + this.load.endJiffies);
    return {
      ...{ hits, fills, tooBig, full, fillFailed, evictions, peakBytes, copiedBytes },
      requests: asked + fills + evictions,
      mostSlots: numSlots - fewestFree.reduce((fewest, one) => Math.min(fewest, one), numSlots),
      heldBytes: fewestFree.reduce(
        (sum, one, i) => sum + (numSlots - one) * (sizes[i % K] as number),
        0,
      ),
    };
  }
}

/** By the smallest class that a call needs: the class that serves it, or -1. */
function servingClasses(classSizes: number): Int8Array {
  const served = new Int8Array(TOO_BIG + 1).fill(-1);
  const bits = classBits(classSizes);
  for (const need of ALL_BITS) served[need] = bits.findIndex((bit) => bit >= need);
  return served;
}
