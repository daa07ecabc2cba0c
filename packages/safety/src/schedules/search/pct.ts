// SPDX-License-Identifier: GPL-2.0-only
// Random runs that find a bug of depth d with a known probability: priorities of threads, lowered at d - 1 random steps.
// Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees, ASPLOS 2010.

import type { Executor, Outcome, Strategy } from '../executor';
import { Clocks } from './clocks';

export class Pct implements Strategy {
  readonly clocks: Clocks;
  private readonly priority: number[] = [];
  private readonly changes = new Set<number>();
  private lowered = 0;
  private longest = 16;
  private state: number;
  private left: number;

  /**
   * @param seed a 32-bit number
   * @param runs how many
   * @param depth how many orderings a bug may need, from 1 on
   */
  constructor(
    private readonly rt: Executor,
    seed: number,
    runs: number,
    private readonly depth = 3,
  ) {
    this.clocks = new Clocks(rt);
    this.state = seed | 0;
    this.left = runs;
    rt.prefixLength = 0;
    rt.repeated = -1;
  }

  next(): Outcome | null {
    if (this.left-- <= 0) return null;
    const { rt } = this;
    this.draw();
    const outcome = rt.run();
    for (let d = 0; d < rt.depth; d++) this.clocks.add(d);
    this.longest = Math.max(this.longest, rt.depth);
    return outcome;
  }

  choose(d: number, enabled: number): number {
    const { rt } = this;
    if (this.changes.has(d) && d > 0) this.priority[rt.thread[d - 1] as number] = --this.lowered;
    let best = -1;
    for (let t = 0; t < rt.nr; t++)
      if (enabled & (1 << t) && (best < 0 || this.of(t) > this.of(best))) best = t;
    return best;
  }

  private of(t: number): number {
    return this.priority[t] as number;
  }

  private draw(): void {
    const { nr } = this.rt;
    for (let t = 0; t < nr; t++) {
      const other = this.below(t + 1);
      this.priority[t] = this.priority[other] ?? 0;
      this.priority[other] = t + 1;
    }
    this.lowered = 0;
    this.changes.clear();
    for (let i = 1; i < this.depth; i++) this.changes.add(this.below(this.longest));
  }

  /** mulberry32 */
  private below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }
}
