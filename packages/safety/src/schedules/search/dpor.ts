// SPDX-License-Identifier: GPL-2.0-only
// Every class of equivalent runs once: dynamic partial order reduction with source sets and sleep sets.
// Abdulla, Aronis, Jonsson, Sagonas: Source Sets, JACM 64 (2017), algorithm 1; locks as in its section on disabled threads.

import { type Executor, type Outcome, STOP, type Strategy } from '../executor';
import type { Thread } from '../program';
import { END, IRQ_OFF, IRQ_ON, LOCK, START, UNLOCK, conflict, objectOf } from '../touch';
import { Clocks } from './clocks';

/** The first so many steps are split into parts: all that can be chosen there is, whether needed or not. */
export interface Part {
  /** 0..of-1 */
  readonly index: number;
  /** Parts in all, from 1 on. */
  readonly of: number;
  /** Steps. Default 6. */
  readonly depth?: number;
}

export class Dpor implements Strategy {
  readonly clocks: Clocks;
  readonly goesOn = true;
  /** Runs that ended because all that could follow is in another run. */
  redundant = 0;
  private readonly sleep: number[] = [];
  private readonly backtrack: number[] = [];
  /** The first step of the run that is not one of the run before. */
  private fresh = 0;
  /** Steps of the run that took somebody's readiness, `nrLosses` of them. */
  private readonly losses: number[] = [];
  private nrLosses = 0;
  private finished = false;
  private prefixes = 0;
  private skipped = false;
  private readonly splitDepth: number;

  constructor(
    private readonly rt: Executor,
    private readonly part: Part = { index: 0, of: 1 },
  ) {
    this.clocks = new Clocks(rt);
    this.splitDepth = part.of > 1 ? (part.depth ?? 6) : 0;
    rt.prefixLength = 0;
    rt.repeated = -1;
  }

  /** Runs the next one; null when there is none left. */
  next(): Outcome | null {
    while (!this.finished) {
      const outcome = this.rt.run();
      if (outcome !== 'stopped' || this.rt.failures.length > 0) {
        this.analyse(outcome);
        this.moveOn();
        if (this.rt.depth > this.splitDepth || this.isMine()) return outcome;
        continue;
      }
      if (!this.notMine()) this.redundant++;
      this.analyse(outcome);
      this.moveOn();
    }
    return null;
  }

  choose(d: number, enabled: number): number {
    const { rt } = this;
    if (d > 0) this.sleep[d] = this.asleepAfter(d - 1);
    else this.sleep[0] = 0;
    if (d === this.splitDepth && d > 0 && !this.isMine()) {
      this.backtrack[d] = 0;
      this.skipped = true;
      return STOP;
    }
    const free = enabled & ~(this.sleep[d] as number);
    if (free === 0) {
      this.backtrack[d] = 0;
      return STOP;
    }
    const current = rt.current;
    const t = current >= 0 && free & (1 << current) ? current : lowest(free);
    this.backtrack[d] = d < this.splitDepth ? enabled : 1 << t;
    return t;
  }

  /** Whether the next one of the beginnings, or of the runs that are no longer than those, belongs to this part. */
  private isMine(): boolean {
    return this.splitDepth === 0 || this.prefixes++ % this.part.of === this.part.index;
  }

  private notMine(): boolean {
    const was = this.skipped;
    this.skipped = false;
    return was;
  }

  /** Who sleeps after step d: those whose next step does not depend on it. */
  private asleepAfter(d: number): number {
    const { rt } = this;
    let asleep = (this.sleep[d] as number) & ~(1 << (rt.thread[d] as number));
    for (let t = 0, at = d * rt.nr * 3; asleep >> t !== 0; t++, at += 3)
      if (
        asleep & (1 << t) &&
        (this.touches(d, rt.wanted[at] as number) ||
          this.touches(d, rt.wanted[at + 1] as number) ||
          this.touches(d, rt.wanted[at + 2] as number))
      )
        asleep &= ~(1 << t);
    return asleep;
  }

  private touches(d: number, of: number): boolean {
    if (of < 0) return false;
    const { rt } = this;
    return (
      conflict(rt.a[d] as number, of) ||
      conflict(rt.b[d] as number, of) ||
      conflict(rt.c[d] as number, of)
    );
  }

  /** Finds the races of the run's new steps, and has each tried the other way round. */
  private analyse(outcome: Outcome): void {
    const { rt, clocks, losses } = this;
    while (this.nrLosses > 0 && (losses[this.nrLosses - 1] as number) >= this.fresh)
      this.nrLosses--;
    for (let d = this.fresh; d < rt.depth; d++) {
      this.comeLate(d);
      this.giveUp(d);
      clocks.add(d);
      for (let i = 0; i < clocks.races; i++) this.reverse(clocks.racing[i] as number, d);
      if (d > this.fresh || d > 0) this.disabledBy(d - 1);
    }
    if (rt.depth > 0) this.disabledBy(rt.depth - 1);
    if (outcome !== 'oops') this.comeLate(rt.depth);
    if (outcome === 'deadlock')
      for (let t = 0; t < rt.nr; t++) {
        clocks.addWanted(t, rt.depth);
        for (let i = 0; i < clocks.races; i++)
          this.reverse(clocks.racing[i] as number, rt.depth, t);
      }
    if (outcome === 'deadlock' || outcome === 'complete')
      this.eachStuck(rt.ready[rt.depth] as number, rt.depth);
  }

  /**
   * Threads that step d takes the readiness from. Those that were blocked could have begun before that; all could also have
   * begun without d, later: that lets one in that sleeps before d.
   */
  private giveUp(d: number): void {
    const { rt, losses } = this;
    const lost = this.lostAt(d);
    if (lost === 0) return;
    losses[this.nrLosses++] = d;
    this.eachStuck(lost & ~(rt.enabled[d] as number), d);
  }

  private lostAt(d: number): number {
    const { ready, thread } = this.rt;
    return (ready[d] as number) & ~(ready[d + 1] as number) & ~(1 << (thread[d] as number));
  }

  /** Threads that are not ready since one of the losses, before step d and without the loss. */
  private comeLate(d: number): void {
    const { rt, clocks, losses } = this;
    let again = rt.ready[d] as number;
    for (let n = this.nrLosses - 1; n >= 0; n--) {
      const e = losses[n] as number;
      const lost = this.lostAt(e) & ~again;
      again |= lost;
      for (let left = lost; left !== 0; left &= left - 1) {
        const t = lowest(left);
        clocks.addWanted(t, d);
        this.reverse(e, d, t);
      }
    }
  }

  /** Threads that are ready and blocked before step d are tried before what blocks them. */
  private eachStuck(threads: number, d: number): void {
    const { clocks } = this;
    for (let left = threads; left !== 0; left &= left - 1) {
      const t = lowest(left);
      clocks.addWanted(t, d);
      const since = clocks.readySince(t, d);
      for (let e = d - 1; e >= 0; e--)
        if (this.blocks(e, t, d) && !(since > e && clocks.before(e, since))) this.reverse(e, d, t);
    }
  }

  /** Whether step e keeps thread t from beginning before step d: it masks or takes its CPU, or takes what it is to hold. */
  private blocks(e: number, t: number, d: number): boolean {
    const { rt } = this;
    const { cpu, kind, holds } = rt.threads[t] as Thread;
    const by = rt.thread[e] as number;
    const blocker = rt.threads[by] as Thread;
    const what = rt.kind[e] as number;
    const masks = what === IRQ_OFF && kind !== 'task' && blocker.cpu === cpu;
    const takes = what === START && blocker.kind !== 'task' && blocker.cpu === cpu;
    const holdsIt = what === START && holds !== undefined && blocker.holds === holds;
    const locks = what === LOCK && objectOf(rt.a[e] as number) === holds;
    if (!masks && !takes && !holdsIt && !locks) return false;
    const over = masks ? IRQ_ON : locks ? UNLOCK : END;
    for (let k = e + 1; k < d; k++)
      if (
        rt.thread[k] === by &&
        rt.kind[k] === over &&
        (!locks || objectOf(rt.a[k] as number) === holds)
      )
        return false;
    return true;
  }

  /** Threads that a step keeps from going on could have gone on before it. */
  private disabledBy(d: number): void {
    const { rt } = this;
    const self = 1 << (rt.thread[d] as number);
    const lost = (rt.enabled[d] as number) & ~(rt.enabled[d + 1] as number) & ~self;
    if (lost !== 0) this.backtrack[d] = (this.backtrack[d] as number) | lost;
  }

  /** Step d's thread, before step e: one of the threads that can begin such a run has to be tried there. */
  private reverse(e: number, d: number, thread: number = this.rt.thread[d] as number): void {
    const initials = this.initials(e, d, thread);
    const known = this.backtrack[e] as number;
    if ((initials & known) === 0 && initials !== 0)
      this.backtrack[e] = known | (initials & (1 << thread) ? 1 << thread : lowestBit(initials));
  }

  /** Threads that can come first among the steps after e that do not need e, and d. */
  private initials(e: number, d: number, thread: number): number {
    const { rt, clocks } = this;
    let seen = 0;
    let first = 0;
    for (let k = e + 1; k <= d; k++) {
      const t = k === d ? thread : (rt.thread[k] as number);
      if (seen & (1 << t)) continue;
      if (k < d && clocks.before(e, k)) continue;
      seen |= 1 << t;
      let isFirst = true;
      for (let m = e + 1; m < k && isFirst; m++)
        if (clocks.before(m, k) && !clocks.before(e, m)) isFirst = false;
      if (isFirst) first |= 1 << t;
    }
    return first;
  }

  /** Goes back to the last step where another choice is left. */
  private moveOn(): void {
    const { rt } = this;
    let d = rt.depth - 1;
    for (; d >= 0; d--) {
      this.sleep[d] = (this.sleep[d] as number) | (1 << (rt.thread[d] as number));
      const left =
        (this.backtrack[d] as number) & (rt.enabled[d] as number) & ~(this.sleep[d] as number);
      if (left !== 0) {
        const t = lowest(left);
        for (let i = 0; i < d; i++) rt.prefix[i] = rt.thread[i] as number;
        rt.prefix[d] = t;
        rt.prefixLength = d + 1;
        rt.repeated = d;
        this.fresh = d;
        return;
      }
    }
    this.finished = true;
  }
}

function lowest(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

function lowestBit(mask: number): number {
  return mask & -mask;
}
