// SPDX-License-Identifier: GPL-2.0-only
// What the reader looks at: filters, whether seeds are joined, what is better. All parts of the page show the same rows.

import { count } from '../../../show/format';
import type { Better, SweepData } from '../data';
import { type Filter, shownRows } from './filter';
import { type Column, Table } from './table';
import { Units } from './units';

export class Shown {
  readonly table: Table;
  readonly filters = new Map<number, Filter>();
  /** By column. */
  readonly better: Better[];
  joinSeeds: boolean;
  rows: Uint32Array;
  units: Units;
  private readonly listeners: (() => void)[] = [];

  constructor(readonly data: SweepData) {
    this.table = new Table(data);
    this.better = data.columns.map(({ better }) => better);
    this.joinSeeds = this.hasSeeds;
    this.rows = shownRows(this.table, this.filters);
    this.units = Units.of(this.table, this.rows, this.joinSeeds);
  }

  get hasSeeds(): boolean {
    return this.data.columns.some(
      ({ role, values }) => role === 'seed' && (values === null || values.length > 1),
    );
  }

  get measures(): Column[] {
    return this.table.columns.filter((one) => one.isMeasure);
  }

  get dimensions(): Column[] {
    return this.table.columns.filter((one) => one.isDimension);
  }

  /** Parameters, without seeds where they are joined. */
  get parameters(): Column[] {
    return this.table.columns.filter(
      ({ data }) => data.role === 'parameter' || (data.role === 'seed' && !this.joinSeeds),
    );
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** After anything of it has changed. */
  changed(): void {
    this.rows = shownRows(this.table, this.filters);
    this.units = Units.of(this.table, this.rows, this.joinSeeds);
    for (const listener of this.listeners) listener();
  }

  /** `12 of 40 points shown`. */
  get sentence(): string {
    const { rows, all } = this.data;
    const shown = `${count(this.rows.length)} of ${count(rows)} points shown`;
    const joined = this.joinSeeds ? `, as ${count(this.units.length)} without their seeds` : '';
    const left = rows < all ? `; ${count(all - rows)} more are not in this page` : '';
    return `${shown}${joined}${left}.`;
  }
}
