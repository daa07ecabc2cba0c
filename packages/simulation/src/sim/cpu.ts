// SPDX-License-Identifier: GPL-2.0-only
// A virtual CPU: it does one thing at a time, interrupts first, then the threads of its jobs in turn.

import type { IoSlot } from './io-slot';
import type { JobRun } from './job-run';

export class Cpu {
  /** Until when it is busy. */
  now = 0;
  /** It is in an interrupt handler that may have more to do. */
  inInterrupt = false;
  readonly jobs: JobRun[] = [];
  private nextJob = 0;
  private readonly ring: (IoSlot | null)[];
  private head = 0;
  private waiting = 0;

  /** @param depth I/Os that can be under way for its jobs */
  constructor(
    readonly id: number,
    depth: number,
  ) {
    this.ring = new Array<IoSlot | null>(Math.max(1, depth)).fill(null);
  }

  /** The drive will complete an I/O at its doneAt; not before those that were put in earlier. */
  put(io: IoSlot): void {
    this.ring[(this.head + this.waiting++) % this.ring.length] = io;
  }

  /** The next I/O to complete, done or not. */
  first(): IoSlot | null {
    return this.waiting === 0 ? null : (this.ring[this.head] as IoSlot);
  }

  drop(): void {
    if (++this.head === this.ring.length) this.head = 0;
    this.waiting--;
  }

  underWay(): number {
    return this.waiting;
  }

  /** The job whose thread runs now, or null: all wait. */
  runnable(now: number): JobRun | null {
    const { jobs } = this;
    for (let left = jobs.length; left > 0; left--) {
      const job = jobs[this.nextJob] as JobRun;
      if (++this.nextJob === jobs.length) this.nextJob = 0;
      if (job.ready(now)) return job;
    }
    return null;
  }

  /** When it does something next; Infinity: never. */
  nextEvent(): number {
    if (this.inInterrupt) return this.now;
    for (const job of this.jobs) if (job.ready(this.now)) return this.now;
    const first = this.first();
    return first === null ? Infinity : Math.max(this.now, first.doneAt);
  }
}
