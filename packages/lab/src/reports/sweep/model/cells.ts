// SPDX-License-Identifier: GPL-2.0-only
// A measure over groups of rows: how many have a value, their sum, the least and the most.

/** One entry for each cell. */
export class Cells {
  readonly n: Uint32Array;
  readonly sum: Float64Array;
  readonly least: Float64Array;
  readonly most: Float64Array;

  constructor(readonly length: number) {
    this.n = new Uint32Array(length);
    this.sum = new Float64Array(length);
    this.least = new Float64Array(length).fill(Infinity);
    this.most = new Float64Array(length).fill(-Infinity);
  }

  /** What is no finite number is passed by. */
  add(cell: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.n[cell] = (this.n[cell] ?? 0) + 1;
    this.sum[cell] = (this.sum[cell] ?? 0) + value;
    if (value < (this.least[cell] ?? 0)) this.least[cell] = value;
    if (value > (this.most[cell] ?? 0)) this.most[cell] = value;
  }

  /** NaN for an empty cell. */
  mean(cell: number): number {
    return (this.sum[cell] ?? 0) / (this.n[cell] ?? 0);
  }

  at(cell: number, figure: CellFigure): number {
    if ((this.n[cell] ?? 0) === 0) return NaN;
    if (figure === 'mean') return this.mean(cell);
    return (figure === 'least' ? this.least : this.most)[cell] ?? NaN;
  }
}

/** What of a cell is shown. */
export type CellFigure = 'mean' | 'least' | 'most';

/**
 * @param rows those that count
 * @param cellOf of a row
 */
export function cellsOf(
  rows: Iterable<number>,
  length: number,
  cellOf: (row: number) => number,
  values: ArrayLike<number>,
): Cells {
  const cells = new Cells(length);
  for (const row of rows) cells.add(cellOf(row), values[row] ?? NaN);
  return cells;
}
