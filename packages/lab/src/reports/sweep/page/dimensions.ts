// SPDX-License-Identifier: GPL-2.0-only
// What a figure is drawn over: up to three columns, each chosen or none.

import type { Shown } from '../model/shown';
import type { Column } from '../model/table';
import { Select } from './dom';

export type Dimensions = readonly [Column | null, Column | null, Column | null];

/** A choice of each dimension. */
export class DimensionSelects {
  readonly all: readonly Select<Column | null>[];

  /**
   * @param choices of each dimension: its label, what stands for no column, and the column to begin with
   * @param draw is called when another one is chosen
   */
  constructor(
    private readonly shown: Shown,
    choices: readonly [Choice, Choice, Choice],
    draw: () => void,
  ) {
    const columns = shown.dimensions.map((value) => ({ text: value.name, value }));
    this.all = choices.map(
      ([label, none, first]) =>
        new Select<Column | null>(label, [{ text: none, value: null }, ...columns], first, draw),
    );
  }

  get chosen(): Dimensions {
    return this.all.map(({ value }) => value) as unknown as Dimensions;
  }

  /** Names of the parameters and seeds with several values that are none of the chosen. */
  others(): string[] {
    const { chosen } = this;
    return this.shown.table.columns
      .filter((one) => ['parameter', 'seed'].includes(one.data.role) && !chosen.includes(one))
      .filter(({ groups }) => groups.labels.length > 1)
      .map(({ name }) => name);
  }
}

type Choice = readonly [label: string, none: string, first: Column | null];

/** Parameters, those with most groups first; other columns and seeds behind them. */
export function byGroups(shown: Shown): Column[] {
  const rank = ({ data, groups }: Column): number =>
    groups.labels.length + (data.role === 'parameter' ? 100 : 0);
  return shown.dimensions
    .filter(({ groups }) => groups.labels.length > 1)
    .sort((a, b) => rank(b) - rank(a) || a.index - b.index);
}
