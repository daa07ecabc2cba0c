// SPDX-License-Identifier: GPL-2.0-only
// Which classes and how many slots serve a share of the mappings with least memory: found by trying, not by a rule.

import { firstWith } from './bisect';
import { CLASS_BITS, type PoolLoad } from './pool-load';
import {
  type PoolModel,
  type PoolOutcome,
  type PoolSizes,
  classBytes,
  poolArrayBytes,
  poolServed,
} from './pool-model';

/** A load with the model that answers for it. Several boots have one each; the same parameters go for all. */
export interface ModelledLoad {
  readonly load: PoolLoad;
  readonly model: PoolModel;
}

/** What one choice of parameters gives. */
export interface PoolPoint extends PoolSizes {
  /** Maps that a buffer served. */
  readonly served: number;
  /** Bytes of buffers at their peak and of slot arrays; of several boots the most that one takes. */
  readonly memoryBytes: number;
  readonly requests: number;
  readonly copiedBytes: number;
  /** One for each boot. */
  readonly outcomes: readonly PoolOutcome[];
}

/** A class takes its addresses below 4 GiB, where registers and interrupts have windows too. */
const MOST_ADDRESSES = 3 * 2 ** 30;
/** More slots than any load asks for. */
const UNLIMITED = 2 ** 32 - 1;
/** Calls to decide, over all choices that are looked at: beyond it, each second number of slots is left out. */
const USUAL_EFFORT = 2e9;

/** Told how far the search is: 0 to 1. */
export type OnSearch = (share: number) => void;

export class PoolSearch {
  readonly maps: number;
  /** Maps that the largest class can serve, if all of them find a slot. */
  readonly reachable: number;
  private readonly known = new Map<number, PoolPoint>();
  /** By mask: the numbers of slots that were looked at, ascending. */
  private readonly grids = new Map<number, readonly number[]>();

  constructor(
    private readonly loads: readonly ModelledLoad[],
    progress: OnSearch = () => undefined,
  ) {
    const byBit = Array.from({ length: CLASS_BITS + 1 }, (_, bit) =>
      loads.reduce((sum, { load }) => sum + (load.mapsByBit[bit] ?? 0), 0),
    );
    this.maps = byBit.reduce((sum, n) => sum + n, 0);
    this.reachable = this.maps - (byBit[CLASS_BITS] ?? 0);
    const masks = masksOf(byBit.slice(0, CLASS_BITS).flatMap((n, bit) => (n > 0 ? [bit] : [])));
    const calls = loads.reduce((sum, { load }) => sum + load.calls.length, 0);
    const isLarge = masks.length * 24 * calls > USUAL_EFFORT;
    masks.forEach((mask, i) => {
      this.grids.set(mask, gridUpTo(this.mostSlots(mask), isLarge));
      for (const slots of this.grids.get(mask) ?? []) this.at(mask, slots);
      progress((i + 1) / masks.length);
    });
  }

  /** What these parameters give. */
  at(classSizes: number, numSlots: number): PoolPoint {
    const key = classSizes * 2 ** 32 + numSlots;
    let point = this.known.get(key);
    if (!point) this.known.set(key, (point = this.tried({ classSizes, numSlots })));
    return point;
  }

  /** The least memory that serves so many maps; null: nothing does. With one slot less it serves fewer. */
  serving(maps: number): PoolPoint | null {
    let best: PoolPoint | null = null;
    const brackets = [...this.grids].flatMap(([mask, grid]) => {
      const i = grid.findIndex((slots) => this.at(mask, slots).served >= maps);
      return i < 0 ? [] : [{ mask, low: grid[i - 1] ?? 0, high: grid[i] ?? 1 }];
    });
    brackets.sort(
      (a, b) => this.at(a.mask, a.high).memoryBytes - this.at(b.mask, b.high).memoryBytes,
    );
    for (const { mask, low, high } of brackets) {
      // Fewer slots take less memory: where too few of them take more than the best, this mask cannot be it.
      if (best && low > 0 && this.at(mask, low).memoryBytes > best.memoryBytes) continue;
      const least = firstWith(low, high, (slots) => this.at(mask, slots).served >= maps);
      best = better(best, this.at(mask, least), lessMemory);
    }
    return best;
  }

  /** The most maps served with so much memory; null: not even one slot fits in it. */
  within(bytes: number): PoolPoint | null {
    let best: PoolPoint | null = null;
    for (const [mask, grid] of this.grids) {
      const fits = (slots: number): boolean => this.at(mask, slots).memoryBytes <= bytes;
      const i = grid.findLastIndex(fits);
      const low = grid[i];
      if (low === undefined) continue;
      const next = grid[i + 1];
      const most = next === undefined ? low : firstWith(low, next, (slots) => !fits(slots)) - 1;
      best = better(best, this.at(mask, most), moreServed);
    }
    return best;
  }

  /** The choice that takes least memory. */
  smallest(): PoolPoint | null {
    return [...this.known.values()].reduce<PoolPoint | null>(
      (best, one) => better(best, one, lessMemory),
      null,
    );
  }

  /**
   * Of all that was looked at, what nothing beats in memory, requests and copied bytes together, by memory. From each of
   * these shares of what is reachable the one with least memory; the last one serves most.
   */
  front(shares: readonly number[]): PoolPoint[] {
    for (const share of shares) this.serving(share * this.reachable);
    const all = [...this.known.values()].sort(lessMemory);
    const front = all.filter((one, i) => !all.some((other, j) => beats(other, one, j < i)));
    const most = front.reduce((served, one) => Math.max(served, one.served), 0);
    const chosen = [...shares.map((share) => share * this.reachable), most].flatMap((maps) =>
      front.filter((one) => one.served >= Math.min(maps, most)).slice(0, 1),
    );
    return [...new Set(chosen)].sort(lessMemory);
  }

  private mostSlots(mask: number): number {
    const wanted = Math.max(
      1,
      ...this.loads.map(
        ({ model }) => model.run({ classSizes: mask, numSlots: UNLIMITED }).mostSlots,
      ),
    );
    const bytes = classBytes(mask).reduce((sum, size) => sum + size, 0);
    return Math.min(wanted, Math.floor(MOST_ADDRESSES / bytes) - 1);
  }

  private tried(sizes: PoolSizes): PoolPoint {
    const outcomes = this.loads.map(({ model }) => model.run(sizes));
    const sum = (of: (one: PoolOutcome) => number): number =>
      outcomes.reduce((all, one) => all + of(one), 0);
    return {
      ...sizes,
      served: sum(poolServed),
      memoryBytes: Math.max(
        ...outcomes.map(
          (one, i) => one.peakBytes + poolArrayBytes(sizes, this.loads[i]?.load.domains ?? 0),
        ),
      ),
      requests: sum((one) => one.requests),
      copiedBytes: sum((one) => one.copiedBytes),
      outcomes,
    };
  }
}

/** Every choice among the classes that some map needs: a class between two of these would only waste memory. */
function masksOf(bits: readonly number[]): number[] {
  return Array.from({ length: 2 ** bits.length - 1 }, (_, i) =>
    bits.reduce((mask, bit, at) => (((i + 1) & (1 << at)) === 0 ? mask : mask | (1 << bit)), 0),
  );
}

/** 1, 2, 3, 4, 6, 8, 12 … and the most; or only the powers of two. */
function gridUpTo(most: number, isCoarse: boolean): number[] {
  const grid: number[] = [];
  for (let slots = 1; slots < most; slots *= 2) {
    grid.push(slots);
    const between = 1.5 * slots;
    if (!isCoarse && Number.isInteger(between) && between < most) grid.push(between);
  }
  return [...grid, most];
}

function better(
  best: PoolPoint | null,
  one: PoolPoint,
  order: (a: PoolPoint, b: PoolPoint) => number,
): PoolPoint {
  return best === null || order(one, best) < 0 ? one : best;
}

function lessMemory(a: PoolPoint, b: PoolPoint): number {
  return (
    a.memoryBytes - b.memoryBytes ||
    a.requests - b.requests ||
    a.copiedBytes - b.copiedBytes ||
    a.classSizes - b.classSizes ||
    a.numSlots - b.numSlots
  );
}

function moreServed(a: PoolPoint, b: PoolPoint): number {
  return b.served - a.served || lessMemory(a, b);
}

/** @param isFirst of two that are alike, whether it is the one that stays */
function beats(one: PoolPoint, other: PoolPoint, isFirst: boolean): boolean {
  const pairs = [
    [one.memoryBytes, other.memoryBytes],
    [one.requests, other.requests],
    [one.copiedBytes, other.copiedBytes],
  ] as const;
  if (!pairs.every(([a, b]) => a <= b)) return false;
  return isFirst || pairs.some(([a, b]) => a < b);
}
