// SPDX-License-Identifier: GPL-2.0-only
// A virtual CPU: it does one thing at a time, interrupts first, then the threads of its jobs in turn.

import type { IoRequest, IoSlot } from './io-slot';
import type { JobRun } from './job-run';
import { Timeline } from './timeline';
import type { Waiter } from './virtual-lock';

/** What an event of a CPU is about. */
export type EventKind = 'idle' | 'submit' | 'putOff' | 'complete' | 'work';

export class Cpu implements Waiter {
  /** Until when it is busy. */
  now = 0;
  /** Nanoseconds that it was: work and waiting for locks. */
  busyNs = 0;
  /** It is in an interrupt handler that may have more to do. */
  inInterrupt = false;
  readonly jobs: JobRun[] = [];

  // The event under way.

  readonly timeline = new Timeline();
  /** Its steps are being played, up to here. */
  playing = false;
  played = 0;
  event: EventKind = 'idle';
  /** The request that is submitted or completed, and the I/O that the thread reaps. */
  request: IoRequest | null = null;
  reaped: IoSlot | null = null;
  /** The slot of the pool, and the number in StaleClock, that its call deals with; -1: none. */
  slot = -1;
  stale = -1;
  calledAt = 0;
  /** What it is to do beside all I/Os, and when. */
  work: (() => void) | null = null;
  workAt = 0;

  // In the queue of a lock.

  waiting = false;
  waitPhase = 0;
  askedAt = 0;
  behind: Waiter | null = null;

  private nextJob = 0;
  private ring: (IoRequest | null)[];
  private head = 0;
  private inDrive = 0;

  /** @param depth I/Os that can be under way for its jobs; their requests may be more */
  constructor(
    readonly id: number,
    depth: number,
  ) {
    this.ring = new Array<IoRequest | null>(Math.max(1, depth)).fill(null);
  }

  /** Whether it has something to do, or does it, beside all I/Os. */
  hasWork(): boolean {
    return this.work !== null || this.event === 'work';
  }

  /** The drive will complete a request at its doneAt; not before those that were put in earlier. */
  put(request: IoRequest): void {
    if (this.inDrive === this.ring.length) this.grow();
    this.ring[(this.head + this.inDrive++) % this.ring.length] = request;
  }

  /** The next request to complete, done or not. */
  first(): IoRequest | null {
    return this.inDrive === 0 ? null : (this.ring[this.head] as IoRequest);
  }

  drop(): void {
    if (++this.head === this.ring.length) this.head = 0;
    this.inDrive--;
  }

  private grow(): void {
    const { ring, head } = this;
    const more = new Array<null>(ring.length).fill(null);
    this.ring = [...ring.slice(head), ...ring.slice(0, head), ...more];
    this.head = 0;
  }

  /** The job whose thread runs now, or null: all wait. */
  runnable(now: number): JobRun | null {
    const { jobs } = this;
    for (let left = jobs.length; left > 0; left--) {
      const job = jobs[this.nextJob] as JobRun;
      if (++this.nextJob === jobs.length) this.nextJob = 0;
      if (job.readyAt(now) <= now) return job;
    }
    return null;
  }

  /** When it does something next; Infinity: never, or when it gets a lock. */
  nextEvent(): number {
    if (this.playing) return this.waiting ? Infinity : this.now;
    if (this.work !== null) return Math.max(this.now, this.workAt);
    if (this.inInterrupt) return this.now;
    let at = Infinity;
    for (const job of this.jobs) {
      at = Math.min(at, job.readyAt(this.now));
      if (at <= this.now) return this.now;
    }
    const first = this.first();
    return first === null ? at : Math.min(at, Math.max(this.now, first.doneAt));
  }
}
