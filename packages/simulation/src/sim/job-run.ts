// SPDX-License-Identifier: GPL-2.0-only
// One clone of a job under way, as fio runs it: it submits while it has a free place, then takes one completed I/O back
// and submits in its place, so that `iodepth` I/Os are out at any time, completed ones that it has not looked at too.

import { type FioJob, Workload } from '../jobs';
import type { IoSlot } from './io-slot';

export class JobRun {
  readonly free: IoSlot[] = [];
  readonly workload: Workload;
  submitted = 0;
  submittedBytes = 0;
  /** A mapping failed for want of room: it waits for a completion. */
  blocked = false;
  /** It begins when Engine.start() says so, not with the run. */
  waits = false;
  private readonly done: (IoSlot | null)[];
  private head = 0;
  private doneCount = 0;

  constructor(
    readonly job: FioJob,
    seed: number,
  ) {
    this.workload = new Workload(job, seed);
    this.done = new Array<IoSlot | null>(job.iodepth).fill(null);
  }

  /** Whether its thread has something to do. */
  ready(now: number): boolean {
    if (this.blocked) return false;
    return this.doneCount > 0 || (this.free.length > 0 && this.wants(now));
  }

  /** Whether it goes on submitting. */
  wants(now: number): boolean {
    const { numberIos, size, runtimeNs } = this.job;
    return (
      (numberIos === null || this.submitted < numberIos) &&
      (size === null || this.submittedBytes < size) &&
      (runtimeNs === null || now < runtimeNs)
    );
  }

  /** The interrupt handler is done with an I/O. */
  completed(io: IoSlot): void {
    this.done[(this.head + this.doneCount++) % this.done.length] = io;
  }

  /** A mapping failed for want of room. */
  putOff(io: IoSlot): void {
    this.free.push(io);
    this.blocked = true;
  }

  /** The thread takes back the I/O that was completed first, if there is one. */
  reap(): IoSlot | null {
    if (this.doneCount === 0) return null;
    const io = this.done[this.head] as IoSlot;
    if (++this.head === this.done.length) this.head = 0;
    this.doneCount--;
    this.free.push(io);
    return io;
  }
}
