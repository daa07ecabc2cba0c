// SPDX-License-Identifier: GPL-2.0-only
// The values of a column as a bounded number of groups, which a map has as rows and columns: each value of a few, ranges of
// many numbers. Every value is in one group, so sums over groups are sums over all rows.

import type { ColumnData } from '../data';
import { labelOf, numberText, scaleOf } from './text';

/** More numbers become ranges. */
export const MOST_GROUPS = 24;
/** Ranges that numbers become. */
const RANGES = 16;
/** Where the largest number is so many times the least one, ranges are equal factors. */
const FACTORS_FROM = 100;

export interface Groups {
  readonly labels: readonly string[];
  /** The group of numbers that are ranges. */
  readonly ofNumber: ((value: number) => number) | null;
  /** The group of each code; the first one is that of no value. */
  readonly ofCode: readonly number[];
}

export function groupsOf(column: ColumnData): Groups {
  const { values, kind } = column;
  if (values === null || (kind === 'number' && values.length > MOST_GROUPS)) return ranges(column);
  const order = values.map((_, i) => i);
  if (kind !== 'string') order.sort((a, b) => Number(values[a]) - Number(values[b]));
  const few = order.length <= MOST_GROUPS;
  const own = few ? order : order.slice(0, MOST_GROUPS - 1);
  const labels = own.map((i) => labelOf(column, values[i] ?? null));
  const ofCode = new Array<number>(values.length + 1).fill(own.length);
  for (const [group, i] of own.entries()) ofCode[i + 1] = group;
  if (!few) labels.push(`${String(order.length - own.length)} other values`);
  ofCode[0] = labels.length;
  if (column.missing > 0) labels.push(NOTHING);
  return { labels, ofNumber: null, ofCode };
}

export const NOTHING = 'no value';

function ranges(column: ColumnData): Groups {
  const { least, most, values, missing } = column;
  const { divisor } = scaleOf(column);
  const edges = edgesOf((least ?? 0) / divisor, (most ?? 0) / divisor);
  const count = edges.length - 1;
  const ofNumber = (value: number): number =>
    Number.isFinite(value) ? rangeOf(edges, value / divisor) : count;
  const labels = edges
    .slice(1)
    .map((end, i) => `${numberText(edges[i] ?? 0)} to ${numberText(end)}`);
  if (missing > 0) labels.push(NOTHING);
  const ofCode = [count, ...(values ?? []).map((value) => ofNumber(Number(value)))];
  return { labels, ofNumber, ofCode };
}

/** Round numbers from below the least to above the most. */
function edgesOf(least: number, most: number): number[] {
  if (least > 0 && most / least >= FACTORS_FROM) return factors(least, most);
  const rough = (most - least) / (RANGES - 1);
  if (!(rough > 0)) return [least, most];
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5].find((one) => one * decade >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(most / step));
  return Array.from({ length: last - first + 1 }, (_, i) => round((first + i) * step));
}

/** 1, 2 and 5 of each decade, or powers of ten where these would be too many. */
function factors(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const decades = last - first;
  const steps = decades * 3 <= MOST_GROUPS ? [1, 2, 5] : [1];
  const each = Math.ceil(decades / MOST_GROUPS);
  const all: number[] = [];
  for (let decade = first; decade <= last + each; decade += each)
    for (const step of steps) all.push(round(step * 10 ** decade));
  const from = all.findLastIndex((edge) => edge <= least);
  const to = all.findIndex((edge) => edge >= most);
  return all.slice(Math.max(0, from), Math.max(from + 1, to) + 1);
}

/** What floating point adds is cut off. */
function round(n: number): number {
  return Number(n.toPrecision(12));
}

/** From an edge to below the next one; the last range has its end, too. */
function rangeOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((edges[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The group of each row. */
export function groupOfRows(
  { ofNumber, ofCode }: Groups,
  codes: ArrayLike<number> | null,
  numbers: () => ArrayLike<number>,
): Uint8Array {
  if (codes !== null) return Uint8Array.from(codes, (code) => ofCode[code] ?? 0);
  return Uint8Array.from(numbers(), (value) => ofNumber?.(value) ?? 0);
}
