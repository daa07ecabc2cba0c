// SPDX-License-Identifier: GPL-2.0-only
// Parts of the ported machine that a lane looks through: steps counted, locks about to be taken, work held back.

import {
  type delayed_work,
  type machine,
  type machine_parts,
  spinlock_c,
  type spinlock_t,
  workqueue_c,
  type workqueue_struct,
} from '@iommu-bounce/linux-shim';
import { COUNTED_PARTS } from '@iommu-bounce/simulation';

class FollowedLocks extends spinlock_c {
  beforeLock: ((lock: spinlock_t) => void) | null = null;

  override spin_lock_irqsave(lock: spinlock_t): number {
    if (this.beforeLock !== null) this.beforeLock(lock);
    return super.spin_lock_irqsave(lock);
  }
}

/** Delayed work of which some is kept from starting by itself. */
class HeldWork extends workqueue_c {
  private readonly held = new Map<delayed_work, number | null>();

  hold(work: delayed_work): void {
    this.held.set(work, null);
  }

  /** The jiffy at which its timer would run; null if it was never queued, or only in a state that was set up. */
  due(work: delayed_work): number | null {
    return this.held.get(work) ?? null;
  }

  forgetTimes(): void {
    for (const work of this.held.keys()) this.held.set(work, null);
  }

  override queue_delayed_work(wq: workqueue_struct, work: delayed_work, delay: number): boolean {
    const isNew = super.queue_delayed_work(wq, work, delay);
    if (isNew && this.held.has(work)) {
      this.held.set(work, work.timer.due);
      this.timers.del_timer(work.timer); // it stays pending, and is started when the recorded one ran
    }
    return isNew;
  }
}

/** For `machine_options.parts`. */
export const DRIVE_PARTS: machine_parts = {
  ...COUNTED_PARTS,
  locks: FollowedLocks,
  workqueue: HeldWork,
};

/** The parts of a machine that was booted with them. */
export interface DriveParts {
  readonly locks: FollowedLocks;
  readonly work: HeldWork;
}

export function drivePartsOf(k: machine): DriveParts {
  const { locks, workqueue } = k;
  if (!(locks instanceof FollowedLocks && workqueue instanceof HeldWork))
    throw new Error('the machine was booted without DRIVE_PARTS');
  return { locks, work: workqueue };
}
