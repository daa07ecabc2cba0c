// SPDX-License-Identifier: GPL-2.0-only
// Points as text: their parameters, and the best ones of each measure.

import { plural } from '../../../show/format';
import { bestOf } from './best';
import type { Shown } from './shown';
import type { Column } from './table';
import { headOf, labelOf, measureText, numberText, scaleOf, spanText, withUnit } from './text';

/** `policy pool, bs 4k`; what has no value is left out. */
export function parametersText(parameters: readonly Column[], row: number): string {
  return parameters
    .flatMap((column) => {
      const value = column.value(row);
      if (value === null) return [];
      return [`${column.name} ${labelOf(column.data, value)}`];
    })
    .join(', ');
}

/** A value of a row with all of its digits. */
export function exactText(column: Column, row: number): string {
  const value = column.value(row);
  return value === null ? '' : String(value);
}

/** Of a unit: its value, or the mean with both ends; a text of its first row. */
export function unitText(shown: Shown, column: Column, unit: number): string {
  const { data } = column;
  const row = shown.units.first[unit] ?? 0;
  if (data.kind === 'string' || !shown.joinSeeds || data.role !== 'column')
    return cellText(column, row);
  const cells = shown.units.figuresOf(column);
  const n = cells.n[unit] ?? 0;
  if (n === 0) return cellText(column, row);
  const mean = measureText(data, cells.mean(unit));
  const [least = NaN, most = NaN] = [cells.least[unit], cells.most[unit]];
  return least === most ? mean : `${mean} (${spanText(data, least, most)})`;
}

function cellText(column: Column, row: number): string {
  const value = column.value(row);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return numberText(value / scaleOf(column.data).divisor);
  return value ?? '–';
}

/** The head of a column with the command line of a unit's first row. */
export function commandHead({ joinSeeds }: Shown): string {
  return joinSeeds ? 'command, first seed' : 'command';
}

export interface BestRow {
  /** Its index. */
  readonly measure: number;
  readonly head: string;
  /** Empty: no point has one. */
  readonly value: string;
  readonly unit: number;
  readonly parameters: string;
  /** Others that are as good. */
  readonly ties: string;
}

/** Of each measure with numbers. */
export function bestRows(shown: Shown): BestRow[] {
  return shown.measures
    .filter(({ data }) => data.kind === 'number')
    .map((column) => {
      const { units, better } = shown;
      const cells = units.figuresOf(column);
      const best = bestOf(
        units.length,
        (unit) => cells.mean(unit),
        better[column.index] ?? column.data.better,
      );
      const base = { measure: column.index, head: headOf(column.data) };
      if (!best) return { ...base, value: '', unit: -1, parameters: '', ties: '' };
      const { index: unit, value, ties } = best;
      const [n = 0, least = 0, most = 0] = [cells.n[unit], cells.least[unit], cells.most[unit]];
      const span = spanText(column.data, least, most);
      const of =
        n < 2
          ? ''
          : least === most
            ? `, the same for ${String(n)} seeds`
            : `, mean of ${String(n)} seeds: ${span}`;
      return {
        ...base,
        value: `${withUnit(column.data, value)}${of}`,
        unit,
        parameters: parametersText(shown.parameters, units.first[unit] ?? 0),
        ties: ties > 1 ? `and ${plural(ties - 1, 'other point')} as good` : '',
      };
    });
}
