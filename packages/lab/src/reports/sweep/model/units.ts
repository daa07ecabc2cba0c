// SPDX-License-Identifier: GPL-2.0-only
// What counts as one point: a row, or all rows that differ in their seed only.

import { Cells } from './cells';
import type { Column, Table } from './table';

export class Units {
  private readonly figures = new Map<number, Cells>();

  private constructor(
    /** The first row of each. */
    readonly first: Uint32Array,
    /** The unit of each row that counts, beside `rows`. */
    private readonly unitOf: Uint32Array,
    private readonly rows: Uint32Array,
  ) {}

  /** @param rows those that count */
  static of(table: Table, rows: Uint32Array, joinSeeds: boolean): Units {
    if (!joinSeeds)
      return new Units(
        rows,
        Uint32Array.from(rows, (_, i) => i),
        rows,
      );
    const { count, of } = table.settings;
    const known = new Int32Array(count).fill(-1);
    const first: number[] = [];
    const unitOf = rows.map((row) => {
      const setting = of[row] ?? 0;
      let unit = known[setting] ?? -1;
      if (unit < 0) {
        unit = known[setting] = first.length;
        first.push(row);
      }
      return unit;
    });
    return new Units(Uint32Array.from(first), unitOf, rows);
  }

  get length(): number {
    return this.first.length;
  }

  /** Of each unit, over its rows. */
  figuresOf(column: Column): Cells {
    const known = this.figures.get(column.index);
    if (known) return known;
    const cells = new Cells(this.length);
    const { numbers } = column;
    for (const [i, row] of this.rows.entries()) cells.add(this.unitOf[i] ?? 0, numbers[row] ?? NaN);
    this.figures.set(column.index, cells);
    return cells;
  }

  /** Its rows, in their order. */
  rowsOf(unit: number): number[] {
    const found: number[] = [];
    for (const [i, row] of this.rows.entries()) if (this.unitOf[i] === unit) found.push(row);
    return found;
  }
}
