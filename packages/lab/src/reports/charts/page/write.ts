// SPDX-License-Identifier: GPL-2.0-only
// Values as text: a zero is a zero, what is not there says so, what is small does not become nothing.

import type { ChartView, Mark } from '../view';

type Written = Pick<ChartView, 'digits' | 'unit' | 'ticks'>;

const MISSING = 'no value';

/** As a bar or an axis has it: the unit is in the title. */
export function bare(value: number, digits: number): string {
  if (value === 0) return '0';
  const least = 10 ** -digits;
  if (Math.abs(value) < least / 2) return `${value < 0 ? '> -' : '< '}${least.toFixed(digits)}`;
  return grouped(value.toFixed(digits));
}

/** 1234567.50 -> `1,234,567.50`. */
function grouped(text: string): string {
  const [whole = '', ...decimals] = text.split('.');
  return [whole.replace(/\B(?=(?:\d{3})+$)/g, ','), ...decimals].join('.');
}

/** As a tooltip has it: with its unit, or by the name that the axis has for it. */
export function withUnit(mark: Mark | undefined, { digits, unit, ticks }: Written): string {
  if (mark === null || mark === undefined) return MISSING;
  const ends = typeof mark === 'number' ? [mark] : [...mark];
  const named = ticks.find(({ value, text }) => value === mark && !/\d/.test(text));
  if (named) return named.text;
  const text = ends.map((value) => bare(value, digits)).join(' to ');
  return unit === '' ? text : `${text} ${unit}`;
}

/** A time of the axis in ms, with the unit that leaves few digits. */
export function time(ms: number): string {
  return ms < 1000 ? `${String(Number(ms.toPrecision(3)))} ms` : `${(ms / 1000).toFixed(2)} s`;
}
