// SPDX-License-Identifier: GPL-2.0-only
// A measure over up to three dimensions: the cells of heat maps and the points of small multiples.

import type { SweepData } from '../data';
import { unpack } from '../packed';
import { Cells, cellsOf } from './cells';
import type { Shown } from './shown';
import type { Column } from './table';

export interface MapOf {
  /** Null: the number of points. */
  readonly measure: Column | null;
  /** Null: one row, column or map for all. */
  readonly dimensions: readonly [Column | null, Column | null, Column | null];
}

export interface Map3 {
  readonly cells: Cells;
  readonly sizes: readonly [number, number, number];
  /** Whether it counts all rows, those that the page does not have included. */
  readonly ofAll: boolean;
}

export function cellAt([x, y]: Map3['sizes'], i: number, j: number, k: number): number {
  return i + x * (j + y * k);
}

export function mapOf(shown: Shown, of: MapOf): Map3 {
  const sizes = of.dimensions.map((one) => one?.groups.labels.length ?? 1) as [
    number,
    number,
    number,
  ];
  const all = shown.filters.size === 0 ? ofAllRows(shown.data, of) : null;
  if (all) return { cells: all, sizes, ofAll: true };
  const [gx, gy, gz] = of.dimensions.map((one) => one?.groupOf);
  const ones = of.measure === null ? new Uint8Array(shown.table.rows).fill(1) : null;
  const cells = cellsOf(
    shown.rows,
    sizes[0] * sizes[1] * sizes[2],
    (row) => cellAt(sizes, gx?.[row] ?? 0, gy?.[row] ?? 0, gz?.[row] ?? 0),
    ones ?? of.measure?.numbers ?? [],
  );
  return { cells, sizes, ofAll: shown.data.rows === shown.data.all };
}

/** Where the page lacks rows and has this map of all of them. */
function ofAllRows(data: SweepData, { measure, dimensions: [x, y, z] }: MapOf): Cells | null {
  if (data.rows === data.all || measure === null || x === null || z !== null) return null;
  const [a, b] = [x.index, (y ?? x).index];
  const found = data.cells.find(
    (one) =>
      one.measure === measure.index &&
      ((one.x === a && one.y === b) || (one.x === b && one.y === a)),
  );
  if (!found) return null;
  const isTurned = found.x !== a;
  const across = isTurned ? (y?.groups.labels.length ?? 1) : x.groups.labels.length;
  const packed = {
    ...{ n: unpack(found.n), sum: unpack(found.sum) },
    ...{ least: unpack(found.least), most: unpack(found.most) },
  };
  const cells = new Cells(packed.n.length);
  const width = x.groups.labels.length;
  for (let from = 0; from < packed.n.length; from++) {
    const [i, j] = [from % across, Math.floor(from / across)];
    const to = isTurned ? j + width * i : from;
    for (const name of ['n', 'sum', 'least', 'most'] as const)
      cells[name][to] = packed[name][from] ?? 0;
  }
  return cells;
}
