// SPDX-License-Identifier: GPL-2.0-only
// A Pareto front that rows are added to one by one: of rows at the same place it has the first.

/** A front of more rows is given up: it would be all of them. */
const MOST = 5000;

/** Less is better in both. */
export class Stair {
  /** Rising, and at the same places `ys` falling. */
  private readonly xs: number[] = [];
  private readonly ys: number[] = [];
  private readonly all: number[] = [];
  private isFull = false;

  /** What is no finite number in both is passed by. */
  add(x: number, y: number, row: number): void {
    if (this.isFull || !Number.isFinite(x) || !Number.isFinite(y)) return;
    const { xs, ys, all } = this;
    const behind = this.countBelow(x, true);
    if (behind > 0 && (ys[behind - 1] ?? 0) <= y) return;
    const from = this.countBelow(x, false);
    let to = from;
    while (to < ys.length && (ys[to] ?? 0) >= y) to++;
    xs.splice(from, to - from, x);
    ys.splice(from, to - from, y);
    all.splice(from, to - from, row);
    this.isFull = all.length > MOST;
  }

  /** Of the front; none where it was given up. */
  get rows(): readonly number[] {
    return this.isFull ? [] : this.all;
  }

  /** How many are below x. @param withEqual or there */
  private countBelow(x: number, withEqual: boolean): number {
    let [low, high] = [0, this.xs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.xs[middle] ?? 0;
      if (at < x || (withEqual && at === x)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
