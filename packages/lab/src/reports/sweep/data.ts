// SPDX-License-Identifier: GPL-2.0-only
// What the page's script shows of a sweep: columns as packed numbers, because a row each would be ten times as long.

import type { Scalar } from '../../sweep/columns';
import type { Packed } from './packed';

/** A row as it is stored. */
export type Row = Readonly<Record<string, unknown>>;

/** What a column is of. A seed makes no other point: points that differ in it only can be joined. */
export type Role = 'parameter' | 'seed' | 'column' | 'status';

/** Of the values; empty: not known. */
export type Unit = 'ns' | 'bytes' | 'bytes/s' | '';

export type Better = 'more' | 'less';

export interface ColumnData {
  readonly name: string;
  readonly role: Role;
  readonly kind: 'number' | 'string' | 'boolean';
  readonly unit: Unit;
  /** What is supposed of a measure; the reader can change it. */
  readonly better: Better;
  /** Each value once, in the order of points; null: numbers, too many of them. */
  readonly values: readonly Scalar[] | null;
  /** Rows without a value. An infinite number is one. */
  readonly missing: number;
  /** Of finite numbers; null: there is none. */
  readonly least: number | null;
  readonly most: number | null;
  /** With `values`: 0 is no value, i + 1 is values[i]. Else the numbers, NaN where there is none. */
  readonly packed: Packed;
}

/** A word of the command lines, as a shell takes it: the same for all, by the value of a column, or by its own codes. */
export type Word =
  | string
  | { readonly by: number; readonly texts: readonly string[] }
  | { readonly codes: Packed; readonly texts: readonly string[] };

/** A measure over two parameters, of all rows: a cell of x + X * y, where X is the number of groups of x. */
export interface PackedCells {
  readonly x: number;
  readonly y: number;
  readonly measure: number;
  readonly n: Packed;
  readonly sum: Packed;
  readonly least: Packed;
  readonly most: Packed;
}

export interface SweepData {
  /** Rows that there are. */
  readonly all: number;
  /** Rows that the page has. */
  readonly rows: number;
  /** The number of each one's point; null: 0, 1, 2, … */
  readonly points: Packed | null;
  readonly columns: readonly ColumnData[];
  readonly words: readonly Word[];
  /** Where rows are left out: what a map of all of them shows. */
  readonly cells: readonly PackedCells[];
}

/** More rows than these would make a page that browsers are slow with. */
export const MOST_ROWS = 100_000;
