// SPDX-License-Identifier: GPL-2.0-only
// Which rows are shown: those that every filter of a column lets through.

import type { Table } from './table';

/** Groups that are ticked off, or a range of numbers, both ends included. */
export type Filter =
  | { readonly off: ReadonlySet<number> }
  | { readonly least: number; readonly most: number; readonly withMissing: boolean };

/** @returns rows in their order */
export function shownRows(table: Table, filters: ReadonlyMap<number, Filter>): Uint32Array {
  const tests = [...filters].map(([index, filter]) => testOf(table, index, filter));
  const rows = new Uint32Array(table.rows);
  let n = 0;
  for (let row = 0; row < table.rows; row++) if (tests.every((test) => test(row))) rows[n++] = row;
  return rows.subarray(0, n);
}

function testOf(table: Table, index: number, filter: Filter): (row: number) => boolean {
  const column = table.column(index);
  if ('off' in filter) {
    const { groupOf } = column;
    return (row) => !filter.off.has(groupOf[row] ?? 0);
  }
  const { numbers } = column;
  const { least, most, withMissing } = filter;
  return (row) => {
    const value = numbers[row] ?? NaN;
    return Number.isNaN(value) ? withMissing : value >= least && value <= most;
  };
}
