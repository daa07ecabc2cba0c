// SPDX-License-Identifier: GPL-2.0-only
// Runs the port's eviction worker when the recorded one ran, and lets happen in its middle what happened there.
//
// The worker drops its class's lock while a slot is unmapped, and until it takes it for the first time; other CPUs map
// and unmap meanwhile. The recorded lines are printed under the lock, so the order is known: before the port's worker
// takes a lock, the steps that the trace has in front of that moment are done, on their own CPUs.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { list_entry, type machine, type spinlock_t } from '@iommu-bounce/linux-shim';
import type { io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import type {
  EvictRunStep,
  EvictSlotStep,
  EvictionRun,
  Place,
  Step,
} from '@iommu-bounce/dma-trace';
import type { EvictionFollower, Lane } from './lane';
import type { PortDevice, SlotPlace } from './port-machine';
import type { RecordedClock } from './recorded-clock';

interface Worker {
  readonly device: PortDevice;
  readonly run: number;
  /** Slots that it has yet to choose, by class size. */
  readonly takesLeft: Map<number, number>;
  /** Own steps that were met while another worker was in its middle. */
  readonly inbox: EvictSlotStep[];
  /** The slot it is about to release, and whether the real worker chose one then. */
  limbo: { readonly slot: SlotPlace; readonly recorded: boolean } | null;
  /** Steps of others are being done in its middle. */
  nested: boolean;
}

/** Runs of the eviction worker: of the recorded ones, those that the port had queued, and those due at that time. */
export interface WorkerRuns {
  /** Runs that were recorded. */
  recorded: whole_number;
  /** Of these, runs that the port had queued. */
  pending: whole_number;
  /** Runs that the port queued in the replay, so that its timer wheel says when they are due. */
  due_compared: whole_number;
  /** Runs that began in the bucket in which they were due: there is none in between. */
  due_agrees: whole_number;
  /** Of these, runs that began in the very jiffy. */
  due_same_jiffy: whole_number;
}

/** Who looks at what the port's worker does, beside what the recorded one did. */
export interface EvictionObserver {
  readonly workerRuns: WorkerRuns;
  /** A step of a recorded run, and the slot that the port chose then, if any. */
  evict(step: EvictSlotStep, device: string, got: SlotPlace | null): void;
  /** The port chose a slot where the recorded worker chose none. */
  extraEviction(place: Place, device: string, got: SlotPlace): void;
}

export class RecordedEviction implements EvictionFollower {
  private readonly workers: Worker[] = [];
  private readonly deviceOfRun = new Map<number, string>();
  private readonly k: machine;

  constructor(
    private readonly lane: Lane,
    private readonly plan: readonly EvictionRun[],
    private readonly clock: RecordedClock,
    private readonly observer: EvictionObserver,
  ) {
    this.k = lane.k;
    const { locks, work } = lane.port.parts;
    for (const { pool } of lane.port.devices.values()) if (pool) work.hold(pool.evict_work);
    locks.beforeLock = (lock) => {
      if (this.workers.length > 0) this.beforeLock(lock);
    };
  }

  /** Forgets when the workers were queued: that happened in setting up a state. */
  forgetTimes(): void {
    this.lane.port.parts.work.forgetTimes();
  }

  /** Runs a device's worker now, as a kernel worker would. */
  runNow(device: PortDevice): void {
    const work = device.pool?.evict_work;
    if (!work) return;
    this.k.workqueue.cancel_delayed_work(work);
    work.work.func?.(work.work);
  }

  run(step: EvictRunStep): void {
    const { workerRuns } = this.observer;
    workerRuns.recorded++;
    const device = this.deviceOf(step.run);
    if (!device) return;
    this.checkDue(device);
    this.deviceOfRun.set(step.run, device.name);
    const worker: Worker = {
      device,
      run: step.run,
      takesLeft: new Map(this.plan[step.run]?.takes),
      inbox: [],
      limbo: null,
      nested: false,
    };
    this.workers.push(worker);
    this.runNow(device);
    this.workers.pop();
    for (const left of worker.inbox) this.stray(left);
  }

  stray(step: EvictSlotStep): void {
    this.observer.evict(step, this.deviceOfRun.get(step.run ?? -1) ?? '?', null);
  }

  unmapped(device: PortDevice, slot: SlotPlace): void {
    const worker = this.active();
    if (!worker) return;
    if (worker.device.pool !== device.pool) return;
    const left = worker.takesLeft.get(slot.classSize) ?? 0;
    const step = left > 0 ? this.nextOwn(worker, 'evictTake', null) : null;
    worker.limbo = { slot, recorded: step !== null };
    if (!step) {
      const at = this.lane.peek();
      const place = at?.place ?? { file: 'end of the trace', line: 0 };
      this.observer.extraEviction(place, device.name, slot);
      return;
    }
    worker.takesLeft.set(slot.classSize, left - 1);
    this.observer.evict(step, device.name, slot);
  }

  private active(): Worker | null {
    const worker = this.workers.at(-1);
    return worker && !worker.nested ? worker : null;
  }

  private beforeLock(lock: spinlock_t): void {
    const worker = this.active();
    const klass = worker?.device.pool?.classes.find((one) => one.lock === lock);
    if (!worker || !klass) return;
    const { limbo } = worker;
    if (limbo) {
      worker.limbo = null;
      if (!limbo.recorded) return;
      const step = this.nextOwn(worker, 'evictRelease', limbo.slot);
      if (step) this.observer.evict(step, worker.device.name, limbo.slot);
    } else if ((worker.takesLeft.get(klass.buffer_size) ?? 0) > 0) this.reach(worker);
  }

  /** Does what lies in front of the worker's next own step. */
  private reach(worker: Worker): EvictSlotStep | null {
    for (;;) {
      const own = worker.inbox[0];
      if (own) return own;
      const next = this.lane.peek();
      if (!next) return null;
      if (isEviction(next)) {
        if (next.run === worker.run) return next;
        const other = this.workers.find((one) => one.run === next.run);
        if (other) {
          this.lane.skip();
          other.inbox.push(next);
          continue;
        }
      }
      worker.nested = true;
      this.lane.executeNext();
      worker.nested = false;
    }
  }

  /** Takes the worker's next own step of a kind; on the way to a release, the line about the freed pages. */
  private nextOwn(
    worker: Worker,
    kind: EvictSlotStep['kind'],
    slot: SlotPlace | null,
  ): EvictSlotStep | null {
    for (;;) {
      const step = this.reach(worker);
      if (!step || (step.kind !== kind && step.kind !== 'evictFree')) return null;
      if (worker.inbox[0] === step) worker.inbox.shift();
      else this.lane.skip();
      if (step.kind === kind) return step;
      this.observer.evict(step, worker.device.name, slot);
    }
  }

  /**
   * The device that a run is about, which its lines do not name: the one whose pool would now evict what the run did,
   * whose worker is pending, and due nearest; in this order.
   */
  private deviceOf(run: number): PortDevice | null {
    const recorded = this.plan[run]?.first ?? [];
    const now = this.k.timers.jiffies();
    let best: PortDevice | null = null;
    let bestRank: readonly number[] = [];
    for (const device of this.lane.port.devices.values()) {
      const work = device.pool?.evict_work;
      if (!device.pool || !work) continue;
      const isPending = this.k.workqueue.delayed_work_pending(work);
      const due = this.lane.port.parts.work.due(work);
      const distance = due === null ? Number.MAX_SAFE_INTEGER : Math.abs(due - now);
      const rank = [sameStart(wouldEvict(device.pool), recorded), Number(isPending), -distance];
      if (!best || isHigher(rank, bestRank)) [best, bestRank] = [device, rank];
    }
    return best;
  }

  private checkDue(device: PortDevice): void {
    const { workerRuns } = this.observer;
    const { timers, workqueue } = this.k;
    const work = device.pool?.evict_work;
    if (!work || !workqueue.delayed_work_pending(work)) return;
    workerRuns.pending++;
    const due = this.lane.port.parts.work.due(work);
    if (due === null) return;
    workerRuns.due_compared++;
    const late = timers.jiffies() - due;
    if (late >= 0 && late < this.clock.bucketJiffies) workerRuns.due_agrees++;
    if (late === 0) workerRuns.due_same_jiffy++;
  }
}

function isEviction(step: Step): step is EvictSlotStep {
  return step.kind === 'evictTake' || step.kind === 'evictFree' || step.kind === 'evictRelease';
}

/** The slots that a pool's worker would choose now. */
function wouldEvict(pool: io_buffer_pool): { classSize: number; slot: number }[] {
  const slots: { classSize: number; slot: number }[] = [];
  for (const klass of pool.classes)
    for (const cache of klass.cached_slots)
      for (let at = cache.prev; at !== cache; at = at.prev) {
        const slot = list_entry(at);
        if (!slot.old_cache_entry) break;
        slots.push({ classSize: klass.buffer_size, slot: slot.index });
      }
  return slots;
}

/** How many of the recorded slots come first and in order, as a share; 1 also where neither has any. */
function sameStart(
  would: readonly { classSize: number; slot: number }[],
  recorded: EvictionRun['first'],
): number {
  if (recorded.length === 0) return would.length === 0 ? 1 : 0;
  const same = recorded.filter(
    ({ classSize, slot }, i) => would[i]?.classSize === classSize && would[i].slot === slot,
  );
  return same.length / recorded.length;
}

function isHigher(rank: readonly number[], than: readonly number[]): boolean {
  const i = rank.findIndex((one, at) => one !== than[at]);
  return i >= 0 && (rank[i] ?? 0) > (than[i] ?? 0);
}
