// SPDX-License-Identifier: GPL-2.0-only
// What two sequences have in common, in order: Myers' greedy O(ND) search, in stretches of so many edits. Where they differ in
// more, runs that each has once (anchors) lead on.

import { anchors } from './anchors';

/** Edits after which a stretch is cut: up to here the result is the shortest edit script, beyond it a near one. */
const MOST_EDITS = 256;
/** No path ends here. */
const NOWHERE = -1;

export class SequenceAligner {
  /** How far each diagonal reaches after so many edits: row d, from d(d+1)/2 on, has the diagonals -d, -d+2 … d. */
  private rows = new Int32Array(64);
  private a: ArrayLike<number> = [];
  private b: ArrayLike<number> = [];
  /** Where the stretch begins. */
  private fromA = 0;
  private fromB = 0;
  /** And where it has to end. */
  private toA = 0;
  private toB = 0;

  /** @param mostEdits of one stretch, at least 2; costs its square in time and memory */
  constructor(private readonly mostEdits = MOST_EDITS) {}

  /** Calls `pair` for each element that both have; in no special order, each element at most once. */
  align(a: ArrayLike<number>, b: ArrayLike<number>, pair: (i: number, j: number) => void): void {
    [this.a, this.b, this.fromA, this.fromB] = [a, b, 0, 0];
    [this.toA, this.toB] = [a.length, b.length];
    while (this.isOpen) if (this.stretch(pair) === 'cut') break;
    if (this.isOpen) this.alongAnchors(pair);
    [this.a, this.b] = [[], []];
  }

  private get isOpen(): boolean {
    return this.fromA < this.toA && this.fromB < this.toB;
  }

  private alongAnchors(pair: (i: number, j: number) => void): void {
    const { a, b, fromA, fromB, toA, toB } = this;
    const found = anchors(a, b, [fromA, toA], [fromB, toB]);
    for (let n = 0; n <= found.a.length; n++) {
      const [endA = toA, endB = toB] = [found.a[n], found.b[n]];
      [this.toA, this.toB] = [endA, endB];
      while (this.isOpen) this.stretch(pair);
      [this.fromA, this.fromB] = [endA, endB];
    }
  }

  private stretch(pair: (i: number, j: number) => void): 'whole' | 'cut' {
    const n = this.toA - this.fromA;
    const m = this.toB - this.fromB;
    for (let d = 0; ; d++) {
      this.reserve(d);
      let furthest = NOWHERE;
      let best = 0;
      for (let k = -d; k <= d; k += 2) {
        const x = this.reach(d, k, n, m);
        this.rows[at(d, k)] = x;
        if (x === NOWHERE) continue;
        if (x === n && x - k === m) {
          this.walk(d, k, d, n, m, pair);
          this.fromA += n;
          this.fromB += m;
          return 'whole';
        }
        const far = 2 * x - k;
        if (far > furthest || (far === furthest && Math.abs(k) < Math.abs(best))) {
          furthest = far;
          best = k;
        }
      }
      if (d < this.mostEdits) continue;
      // The end of a cut path may lead astray, its first half seldom does.
      const [x, y] = this.walk(d, best, d >> 1, n, m, pair);
      this.fromA += x;
      this.fromB += y;
      return 'cut';
    }
  }

  /** The furthest x on diagonal k after d edits; y is x - k. */
  private reach(d: number, k: number, n: number, m: number): number {
    let x = d === 0 ? 0 : this.enter(d, k, n, m);
    if (x === NOWHERE) return NOWHERE;
    const { a, b, fromA, fromB } = this;
    let y = x - k;
    while (x < n && y < m && a[fromA + x] === b[fromB + y]) {
      x++;
      y++;
    }
    return x;
  }

  /** Where the d-th edit leads to on diagonal k: from the one above it without, or from the one below with an element of a. */
  private enter(d: number, k: number, n: number, m: number): number {
    const down = k < d ? (this.rows[at(d - 1, k + 1)] ?? NOWHERE) : NOWHERE;
    const right = k > -d ? (this.rows[at(d - 1, k - 1)] ?? NOWHERE) : NOWHERE;
    const byDown = down !== NOWHERE && down - k <= m ? down : NOWHERE;
    const byRight = right !== NOWHERE && right < n ? right + 1 : NOWHERE;
    return Math.max(byDown, byRight);
  }

  /**
   * Goes back on the path that ends on diagonal k after d edits, and pairs what is common up to `until` edits.
   * @returns where the path is after these
   */
  private walk(
    d: number,
    k: number,
    until: number,
    n: number,
    m: number,
    pair: (i: number, j: number) => void,
  ): readonly [x: number, y: number] {
    let end: readonly [number, number] = [0, 0];
    for (let edits = d; edits >= 0; edits--) {
      const x = this.rows[at(edits, k)] ?? 0;
      const start = edits === 0 ? 0 : this.enter(edits, k, n, m);
      if (edits === until) end = [x, x - k];
      if (edits <= until) for (let i = start; i < x; i++) pair(this.fromA + i, this.fromB + i - k);
      if (edits === 0) break;
      const down = k < edits ? (this.rows[at(edits - 1, k + 1)] ?? NOWHERE) : NOWHERE;
      k += down === start && start - k <= m ? 1 : -1;
    }
    return end;
  }

  private reserve(d: number): void {
    const needed = at(d, d) + 1;
    if (needed <= this.rows.length) return;
    const larger = new Int32Array(2 * needed);
    larger.set(this.rows);
    this.rows = larger;
  }
}

function at(d: number, k: number): number {
  return (d * (d + 1)) / 2 + (k + d) / 2;
}
