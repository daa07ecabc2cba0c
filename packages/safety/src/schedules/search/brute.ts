// SPDX-License-Identifier: GPL-2.0-only
// Every run, one after the other; or every run with few preemptions.

import { type Executor, type Outcome, type Strategy } from '../executor';
import { Clocks } from './clocks';

export class Brute implements Strategy {
  readonly clocks: Clocks;
  readonly goesOn = true;
  private readonly left: Int32Array;
  private readonly used: Int32Array;
  /** The first step of the run that is not one of the run before. */
  private fresh = 0;
  private finished = false;

  /** @param preemptions at most so many times a thread stops that could have gone on */
  constructor(
    private readonly rt: Executor,
    private readonly preemptions = Infinity,
  ) {
    this.clocks = new Clocks(rt);
    this.left = new Int32Array(rt.thread.length);
    this.used = new Int32Array(rt.thread.length);
    rt.prefixLength = 0;
    rt.repeated = -1;
  }

  next(): Outcome | null {
    if (this.finished) return null;
    const { rt } = this;
    const outcome = rt.run();
    for (let d = this.fresh; d < rt.depth; d++) this.clocks.add(d);
    this.moveOn();
    return outcome;
  }

  choose(d: number, enabled: number): number {
    const { rt } = this;
    const before = d > 0 ? (rt.thread[d - 1] as number) : -1;
    const goesOn = before >= 0 && (enabled & (1 << before)) !== 0;
    const used = d > 0 ? this.usedAfter(d - 1) : 0;
    this.used[d] = used;
    const may = goesOn && used >= this.preemptions ? 1 << before : enabled;
    const t = goesOn ? before : 31 - Math.clz32(may & -may);
    this.left[d] = may & ~(1 << t);
    return t;
  }

  /** Preemptions up to step d. */
  private usedAfter(d: number): number {
    const { rt } = this;
    const before = d > 0 ? (rt.thread[d - 1] as number) : -1;
    const preempted =
      before >= 0 && before !== rt.thread[d] && ((rt.enabled[d] as number) & (1 << before)) !== 0;
    return (this.used[d] as number) + (preempted ? 1 : 0);
  }

  private moveOn(): void {
    const { rt } = this;
    for (let d = rt.depth - 1; d >= 0; d--) {
      const left = this.left[d] as number;
      if (left === 0) continue;
      const t = 31 - Math.clz32(left & -left);
      this.left[d] = left & ~(1 << t);
      for (let i = 0; i < d; i++) rt.prefix[i] = rt.thread[i] as number;
      rt.prefix[d] = t;
      rt.prefixLength = d + 1;
      rt.repeated = this.fresh = d;
      return;
    }
    this.finished = true;
  }
}
