// SPDX-License-Identifier: GPL-2.0-only
// One clone of a job under way, as fio runs it: it submits while it has a free place, then takes one completed I/O back
// and submits in its place, so that `iodepth` I/Os are out at any time, completed ones that it has not looked at too.

import { type FioJob, IoPlan } from '../jobs';
import type { IoSlot } from './io-slot';

export class JobRun {
  readonly free: IoSlot[] = [];
  readonly plan: IoPlan;
  submitted = 0;
  /** A mapping failed for want of room: it waits for a completion. */
  blocked = false;
  /** It begins when Engine.start() says so, not with the run. */
  waits = false;
  /** Times at which it began before another had ended that it waits for; 0 unless the simulation is wrong. */
  beganEarly = 0;
  /** The I/O of which only some requests are mapped. */
  private partial: IoSlot | null = null;
  private readonly done: (IoSlot | null)[];
  private head = 0;
  private doneCount = 0;
  /** Not before this, nor before these have ended; null: it has begun. */
  private begins: { readonly at: number; readonly after: readonly JobRun[] } | null = null;

  constructor(
    readonly job: FioJob,
    seed: number,
  ) {
    this.plan = new IoPlan(job, seed);
    this.done = new Array<IoSlot | null>(job.iodepth).fill(null);
  }

  /** Has it begin at a moment, and when these have ended. @param at virtual nanoseconds */
  beginAfter(at: number, after: readonly JobRun[]): void {
    this.begins = { at, after };
  }

  /** When its thread has something to do: `now` or later, or Infinity where it waits for others. */
  readyAt(now: number): number {
    if (this.blocked) return Infinity;
    if (this.begins !== null) {
      const at = this.beginsAt(this.begins);
      if (at > now) return at;
      this.begin(at);
    }
    return this.doneCount > 0 ? now : this.submitsAt(now);
  }

  private beginsAt({ at, after }: NonNullable<JobRun['begins']>): number {
    return after.reduce((latest, run) => Math.max(latest, run.plan.endedAt ?? Infinity), at);
  }

  private begin(at: number): void {
    if (this.begins?.after.some(({ plan }) => plan.endedAt === null) === true) this.beganEarly++;
    this.begins = null;
    this.plan.startsAt(at);
  }

  /** Whether it submits now: the rest of an I/O, or another one. */
  submits(now: number): boolean {
    return this.submitsAt(now) <= now;
  }

  private submitsAt(now: number): number {
    if (this.partial !== null) return now;
    const free = this.free.length;
    return free === 0 ? Infinity : this.plan.submitsAt(now, this.done.length - free);
  }

  /** The I/O that is submitted next, or further. */
  current(): IoSlot {
    if (this.partial !== null) return this.partial;
    const io = this.free.pop() as IoSlot;
    const { plan } = this;
    plan.prepare();
    io.prepare(plan.bytes, !plan.isRead);
    this.partial = io;
    return io;
  }

  /** Another request of the current I/O is mapped. */
  mapped(io: IoSlot, now: number): void {
    if (io.mapped++ === 0) {
      this.submitted++;
      this.plan.take(now);
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
  reap(now: number): IoSlot | null {
    if (this.doneCount === 0) return null;
    const io = this.done[this.head] as IoSlot;
    if (++this.head === this.done.length) this.head = 0;
    this.doneCount--;
    this.free.push(io);
    // With its last I/O a job ends, and others may wait for that.
    if (this.free.length === this.done.length) this.plan.submitsAt(now, 0);
    return io;
  }
}
