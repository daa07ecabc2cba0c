// SPDX-License-Identifier: GPL-2.0-only
// A lock in virtual time. One CPU has it; the others stand in a queue and get it in the order in which they asked, as
// with the kernel's queued spinlocks. (A mutex of the kernel can be overtaken by a spinning CPU: here it cannot.)

import type { Ledger } from './ledger';
import { PHASES } from './ledger';
import { Step } from './timeline';

/** Who can stand in a queue. */
export interface Waiter {
  /** Virtual nanoseconds at which it asked. */
  askedAt: number;
  /** The next in the queue. */
  behind: Waiter | null;
}

export class VirtualLock {
  /** Times that it was taken, and that it had to be waited for. */
  taken = 0;
  waits = 0;
  /** Nanoseconds: of all waits together, of all holds, of the longest wait. */
  waitNs = 0;
  heldNs = 0;
  longestWaitNs = 0;
  /** The length of the queue integrated over time: ns. Little's law says that it is waitNs. */
  queuedNs = 0;
  // All 0 unless the simulation is wrong.
  /** Grants while another CPU still had it. */
  overlaps = 0;
  /** Grants to one that came while others stood in the queue. */
  idleWhileWanted = 0;
  /** Waits shorter than 0. */
  negativeWaits = 0;
  /** Releases by one that did not have it. */
  foreignReleases = 0;
  /** Grants and releases as they were played: as many as it was taken. */
  grants = 0;
  releases = 0;
  /** Nanoseconds of work that the code did between take and give; it is held for at least so long. */
  workNs = 0;
  private holder: Waiter | null = null;
  /** When the code took it, by the clock that does not know of waits. */
  private codeSince = 0;
  private held = false;
  private since = 0;
  /** When the last hold ended. */
  private freeAt = 0;
  private first: Waiter | null = null;
  private last: Waiter | null = null;
  private queued = 0;
  private queueSince = 0;

  /**
   * @param id its number, from 0
   * @param onTaken books the work that is always done under the lock
   */
  constructor(
    readonly id: number,
    readonly name: string,
    private readonly ledger: Ledger,
    private readonly onTaken: (() => void) | null = null,
  ) {}

  /** Forgets what it was used for. */
  reset(): void {
    this.taken = this.waits = this.waitNs = this.heldNs = this.longestWaitNs = 0;
    this.queuedNs = this.overlaps = this.idleWhileWanted = this.negativeWaits = 0;
    this.foreignReleases = this.grants = this.releases = this.workNs = 0;
    this.since = this.freeAt = this.queueSince = 0;
  }

  // What the ported code does. With a timeline it is written there and granted when it is played.

  take(): void {
    const { ledger } = this;
    this.taken++;
    if (ledger.timeline !== null)
      ledger.timeline.push(Step.take, this.id * PHASES.length + ledger.phase);
    else {
      if (this.freeAt > ledger.now) this.waitUntilFree();
      this.grant(null, ledger.now);
    }
    this.codeSince = ledger.now;
    if (this.onTaken !== null) this.onTaken();
  }

  private waitUntilFree(): void {
    const { ledger, freeAt } = this;
    ledger.waits(ledger.phase, this.waited(ledger.now, freeAt));
    ledger.now = freeAt;
  }

  give(): void {
    const { ledger } = this;
    this.workNs += ledger.now - this.codeSince;
    if (ledger.timeline !== null) ledger.timeline.push(Step.give, this.id);
    else this.release(null, ledger.now);
  }

  // What order.ts plays. Times never go back.

  /** @returns whether the asker has it now; if not, it stands in the queue and is told by release() */
  ask(who: Waiter, now: number): boolean {
    if (!this.held) {
      if (this.first !== null) this.idleWhileWanted++;
      this.grant(who, now);
      return true;
    }
    this.queueChanges(now, 1);
    who.askedAt = now;
    who.behind = null;
    if (this.last === null) this.first = who;
    else this.last.behind = who;
    this.last = who;
    return false;
  }

  /** @returns who has it next, if somebody waits: from now on. @param who null: code without a timeline */
  release(who: Waiter | null, now: number): Waiter | null {
    this.releases++;
    if (!this.held || who !== this.holder) this.foreignReleases++;
    this.heldNs += now - this.since;
    this.freeAt = now;
    this.held = false;
    const next = this.first;
    if (next === null) return null;
    this.first = next.behind;
    if (this.first === null) this.last = null;
    this.queueChanges(now, -1);
    this.waited(next.askedAt, now);
    this.grant(next, now);
    return next;
  }

  isHeld(): boolean {
    return this.held;
  }

  private grant(who: Waiter | null, at: number): void {
    this.grants++;
    if (this.held || at < this.freeAt) this.overlaps++;
    this.held = true;
    this.holder = who;
    this.since = at;
  }

  private waited(from: number, until: number): number {
    const ns = until - from;
    this.waits++;
    this.waitNs += ns;
    this.longestWaitNs = Math.max(this.longestWaitNs, ns);
    if (ns < 0) this.negativeWaits++;
    return ns;
  }

  private queueChanges(now: number, by: number): void {
    this.queuedNs += this.queued * (now - this.queueSince);
    this.queued += by;
    this.queueSince = now;
  }
}
