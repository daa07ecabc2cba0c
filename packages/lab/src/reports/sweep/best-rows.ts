// SPDX-License-Identifier: GPL-2.0-only
// Rows that a page must have whatever it leaves out: the best of each column, and the fronts of each two.

import type { Row } from './data';
import { Stair } from './model/stair';

/** Of so many columns at most. */
const MOST_COLUMNS = 6;

interface Pair {
  readonly x: number;
  readonly y: number;
  readonly signX: number;
  readonly signY: number;
  readonly stair: Stair;
}

export class BestRows {
  private readonly names: readonly string[];
  private readonly pairs: Pair[] = [];
  private readonly values: number[] = [];
  private row = 0;

  /** @param names of columns with numbers */
  constructor(names: readonly string[]) {
    this.names = names.slice(0, MOST_COLUMNS);
    for (const x of this.names.keys())
      for (let y = x; y < this.names.length; y++)
        for (const signX of [1, -1])
          // One column with itself: its best row.
          for (const signY of x === y ? [signX] : [1, -1])
            this.pairs.push({ x, y, signX, signY, stair: new Stair() });
  }

  /** The next row. */
  add(row: Row): void {
    for (const [i, name] of this.names.entries()) {
      const value = row[name];
      this.values[i] = typeof value === 'number' ? value : NaN;
    }
    for (const { x, y, signX, signY, stair } of this.pairs)
      stair.add(signX * (this.values[x] ?? NaN), signY * (this.values[y] ?? NaN), this.row);
    this.row++;
  }

  /** Their numbers, from 0 in the order of rows. */
  get rows(): ReadonlySet<number> {
    return new Set(this.pairs.flatMap(({ stair }) => stair.rows));
  }
}
