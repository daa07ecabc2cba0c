// SPDX-License-Identifier: GPL-2.0-only
// Texts `name=value` over a table of parameters.

import { InputError, quoted } from './errors';

/** A row of such a table. */
export interface Setting<N extends string> {
  readonly name: N;
  readonly unit: string;
  readonly default: number;
  /** Both ends inclusive. */
  readonly min: number;
  readonly max: number;
}

/** What a table asks of its settings. */
export interface SettingRules<P> {
  /** What a row is called: `card parameter`. */
  readonly called: string;
  /** What a value has to be, beside its range. Default: a number. */
  readonly expected?: (row: P) => string;
  /** Whether it is that. Default: yes. */
  readonly fits?: (row: P, value: number) => boolean;
  /** What else is expected of a value that fits; null: it is that. Default: nothing else. */
  readonly missing?: (row: P, value: number) => string | null;
}

/**
 * The defaults, and over them the settings in turn.
 * @param settings texts `name=value`
 * @throws InputError for a name that is none, or a value that is not what is expected
 */
export function settingsOver<N extends string, P extends Setting<N>>(
  table: readonly P[],
  settings: readonly string[],
  { called, expected = () => 'a number', fits = () => true, missing = () => null }: SettingRules<P>,
): Record<N, number> {
  const values = Object.fromEntries(table.map((row) => [row.name, row.default])) as Record<
    N,
    number
  >;
  for (const setting of settings) {
    const [, name = '', text = ''] = /^([^=]*)=?(.*)$/.exec(setting) ?? [];
    const row = table.find((one) => one.name === name.trim());
    if (row === undefined)
      throw new InputError(
        `${called} '${name.trim()}' is unknown, expected ${table.map((one) => one.name).join(', ')}`,
      );
    const value = Number(text);
    const inRange = text.trim() !== '' && value >= row.min && value <= row.max;
    if (!inRange || !fits(row, value))
      throw new InputError(
        `${row.name}: expected ${expected(row)} from ${String(row.min)} to ${String(row.max)} ${row.unit}, got ${quoted(text)}`,
      );
    const more = missing(row, value);
    if (more !== null) throw new InputError(`${row.name}: expected ${more}, got ${quoted(text)}`);
    values[row.name] = value;
  }
  return values;
}
