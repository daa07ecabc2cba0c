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
  /** The I/O of which only some requests are mapped. */
  private partial: IoSlot | null = null;
  /** The workload has said what comes next, and it has not begun. */
  private drawn = false;
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

  /** When its thread has something to do: `now`, or Infinity where it waits for a completion. */
  readyAt(now: number): number {
    if (this.blocked) return Infinity;
    return this.doneCount > 0 || this.submits(now) ? now : Infinity;
  }

  /** Whether it submits now: the rest of an I/O, or another one. */
  submits(now: number): boolean {
    return this.partial !== null || (this.free.length > 0 && this.wants(now));
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

  /** The I/O that is submitted next, or further. */
  current(): IoSlot {
    if (this.partial !== null) return this.partial;
    const io = this.free.pop() as IoSlot;
    const { workload } = this;
    if (!this.drawn) workload.next();
    this.drawn = true;
    io.prepare(workload.bytes, !workload.isRead);
    this.partial = io;
    return io;
  }

  /** Another request of the current I/O is mapped. */
  mapped(io: IoSlot): void {
    if (io.mapped++ === 0) {
      this.drawn = false;
      this.submitted++;
      this.submittedBytes += io.bytes;
    }
    if (io.mapped === io.requests.length) this.partial = null;
  }

  /** The interrupt handler is done with an I/O. */
  completed(io: IoSlot): void {
    this.done[(this.head + this.doneCount++) % this.done.length] = io;
  }

  /** A mapping failed for want of room. An I/O of which nothing is mapped gives its place back. */
  putOff(io: IoSlot): void {
    if (io.mapped === 0) {
      this.partial = null;
      this.free.push(io);
    }
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
