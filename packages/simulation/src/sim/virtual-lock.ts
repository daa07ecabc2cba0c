// SPDX-License-Identifier: GPL-2.0-only
// A lock in virtual time: who takes it waits until it is free there. Events of several CPUs are simulated one after the
// other, a whole map or unmap each, so a lock may be asked for at a time before its latest use: the last uses are kept,
// and a gap between two of them is taken if it looks long enough.

import { Cause, type Ledger } from './ledger';

/** Uses remembered; older ones are over for every CPU, or nearly. */
const KEPT = 256;
/** How fast the estimate of a hold forgets a long one. */
const FORGET = 0.9;

export class VirtualLock {
  /** Times that it was taken, had to be waited for, and nanoseconds of both. */
  taken = 0;
  waits = 0;
  waitNs = 0;
  heldNs = 0;
  private readonly starts = new Float64Array(KEPT);
  private readonly ends = new Float64Array(KEPT);
  private count = 0;
  private since = 0;
  private usualNs = 0;

  /** @param onTaken books the work that is always done under the lock */
  constructor(
    readonly name: string,
    private readonly ledger: Ledger,
    private readonly onTaken: (() => void) | null = null,
  ) {}

  /** Forgets what it was used for. */
  reset(): void {
    this.taken = this.waits = this.waitNs = this.heldNs = 0;
    this.count = 0;
    this.usualNs = 0;
  }

  take(): void {
    const { ledger, count } = this;
    const at = ledger.now;
    this.taken++;
    if (count > 0 && at < (this.ends[count - 1] as number)) {
      const free = this.freeFrom(at);
      if (free > at) {
        this.waits++;
        this.waitNs += free - at;
        ledger.charge(Cause.lockWait, free - at);
      }
    }
    this.since = ledger.now;
    if (this.onTaken !== null) this.onTaken();
  }

  give(): void {
    const end = this.ledger.now;
    const held = end - this.since;
    this.heldNs += held;
    this.usualNs = Math.max(held, this.usualNs * FORGET);
    if (held > 0) this.remember(this.since, end);
  }

  /** The first moment from `at` on at which nobody has it for as long as usual. */
  private freeFrom(at: number): number {
    let from = at;
    let i = this.count;
    while (i > 0 && (this.ends[i - 1] as number) > at) i--;
    for (; i < this.count; i++) {
      if ((this.starts[i] as number) - from >= this.usualNs) break;
      from = Math.max(from, this.ends[i] as number);
    }
    return from;
  }

  /** Sorted by time; uses do not overlap but for a hold longer than it looked. */
  private remember(start: number, end: number): void {
    const { starts, ends } = this;
    if (this.count === KEPT) {
      // Half at once, so that moving them costs little for each.
      starts.copyWithin(0, KEPT / 2);
      ends.copyWithin(0, KEPT / 2);
      this.count = KEPT / 2;
    }
    let i = this.count++;
    for (; i > 0 && (starts[i - 1] as number) > start; i--) {
      starts[i] = starts[i - 1] as number;
      ends[i] = ends[i - 1] as number;
    }
    starts[i] = start;
    ends[i] = end;
  }
}
