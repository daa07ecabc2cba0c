// SPDX-License-Identifier: GPL-2.0-only
// Values of a column as text: in one unit for all of it, which its head names.

import { count, significant } from '../../../show/format';
import type { Scalar } from '../../../sweep/columns';
import type { ColumnData } from '../data';

export interface Scale {
  readonly divisor: number;
  /** Behind the name: `GB/s`; empty: none. */
  readonly unit: string;
}

const STEPS = {
  ns: [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
    [1, 'ns'],
  ],
  'bytes/s': [
    [1e9, 'GB/s'],
    [1e6, 'MB/s'],
    [1, 'B/s'],
  ],
  bytes: [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
    [1, 'B'],
  ],
  '': [[1, '']],
} as const;

type Scaled = Pick<ColumnData, 'unit' | 'most' | 'least'>;

/** The largest unit of which the column's largest value has some. */
export function scaleOf({ unit, most, least }: Scaled): Scale {
  const largest = Math.max(Math.abs(most ?? 0), Math.abs(least ?? 0));
  const steps: readonly (readonly [number, string])[] = STEPS[unit];
  const [divisor, name] = steps.find(([size]) => largest >= size) ?? steps.at(-1) ?? [1, ''];
  return { divisor, unit: name };
}

/** `bandwidth, GB/s`. */
export function headOf(column: ColumnData): string {
  const { unit } = scaleOf(column);
  return unit === '' ? column.name : `${column.name}, ${unit}`;
}

/** Four significant digits; all of a whole number: `0.0123`, `12.35`, `1,234,567`. */
export function numberText(n: number): string {
  if (!Number.isFinite(n)) return String(n).replace('Infinity', '∞');
  const size = Math.abs(n);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return n.toExponential(3);
  return size >= 1000 || Number.isInteger(n)
    ? count(Math.round(n)).replace('-', '−')
    : significant(n, 4).replace('-', '−');
}

/** A number of a column in its unit, which the head names; a share of true ones in percent. */
export function measureText(column: ColumnData, n: number): string {
  if (Number.isNaN(n)) return '';
  return column.kind === 'boolean' ? shareText(n) : numberText(n / scaleOf(column).divisor);
}

/** The same with its unit. */
export function withUnit(column: ColumnData, n: number): string {
  const { unit } = scaleOf(column);
  const text = measureText(column, n);
  return unit === '' || text === '' ? text : `${text} ${unit}`;
}

/** Never rounded to all or none. */
function shareText(share: number): string {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  if (percent < 100 && percent > 99.9) return '> 99.9 %';
  return `${significant(percent, 3)} %`;
}

/** A value as a label, filter or cell has it. */
export function labelOf(column: ColumnData, value: Scalar): string {
  if (value === null) return '';
  return typeof value === 'number' ? measureText(column, value) : String(value);
}

/** Both ends where they differ: `1.2 to 1.4`. */
export function spanText(column: ColumnData, least: number, most: number): string {
  const [a, b] = [measureText(column, least), measureText(column, most)];
  return a === b ? a : `${a} to ${b}`;
}
