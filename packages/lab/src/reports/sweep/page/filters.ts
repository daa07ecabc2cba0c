// SPDX-License-Identifier: GPL-2.0-only
// Filters: a box to tick for each of a few values, both ends of a range for numbers.

import { NOTHING } from '../model/groups';
import type { Shown } from '../model/shown';
import type { Column } from '../model/table';
import { headOf, numberText, scaleOf } from '../model/text';
import { Tick, button, byId, el } from './dom';

interface ColumnFilter {
  readonly box: HTMLElement;
  /** Lets all through again. */
  readonly reset: () => void;
  /** Lets through one group of values alone. */
  readonly only: (group: number) => void;
}

export class Filters {
  private readonly byColumn = new Map<number, ColumnFilter>();

  constructor(private readonly shown: Shown) {
    const says = el('p', { class: 'shown', role: 'status' });
    const tell = (): void => {
      says.textContent = shown.sentence;
    };
    for (const column of shown.table.columns) {
      const filter = isRange(column) ? rangeFilter(shown, column) : valueFilter(shown, column);
      if (filter) this.byColumn.set(column.index, filter);
    }
    const join = new Tick(
      'Join points that differ in their seed only: means, with the least and the most',
      shown.joinSeeds,
      () => {
        shown.joinSeeds = join.box.checked;
        shown.changed();
      },
    );
    const reset = button('Show all points', () => {
      this.reset();
      shown.changed();
    });
    byId('choose-body').append(
      says,
      ...(shown.hasSeeds ? [el('div', { class: 'controls' }, join.label)] : []),
      el('div', { class: 'filters' }, ...[...this.byColumn.values()].map(({ box }) => box)),
      el('div', { class: 'controls' }, reset),
    );
    shown.onChange(tell);
    tell();
  }

  /** Shows the points of these groups alone, beside what is filtered already. */
  only(groups: readonly (readonly [Column, number])[]): void {
    for (const [column, group] of groups) this.byColumn.get(column.index)?.only(group);
    this.shown.changed();
  }

  private reset(): void {
    for (const one of this.byColumn.values()) one.reset();
  }
}

function isRange({ data, groups }: Column): boolean {
  return data.kind === 'number' && (data.role === 'column' || groups.ofNumber !== null);
}

/** Null for a column with one value: there is nothing to choose. */
function valueFilter(shown: Shown, column: Column): ColumnFilter | null {
  const { labels } = column.groups;
  if (labels.length < 2) return null;
  const ticks = labels.map((label) => new Tick(label, true, changed));
  function changed(): void {
    follow();
    shown.changed();
  }
  function follow(): void {
    const off = new Set(ticks.flatMap(({ box }, group) => (box.checked ? [] : [group])));
    if (off.size === 0) shown.filters.delete(column.index);
    else shown.filters.set(column.index, { off });
  }
  const set = (isOn: (group: number) => boolean): void => {
    for (const [group, { box }] of ticks.entries()) box.checked = isOn(group);
    follow();
  };
  const all = button(
    'all or none',
    () => {
      const some = ticks.some(({ box }) => !box.checked);
      set(() => some);
      shown.changed();
    },
    { 'aria-label': `${column.name}: all or none` },
  );
  const box = el(
    'fieldset',
    {},
    el('legend', {}, headOf(column.data)),
    ...ticks.map(({ label }) => label),
    ...(labels.length > 5 ? [all] : []),
  );
  return {
    box,
    reset: () => {
      set(() => true);
    },
    only: (wanted) => {
      set((group) => group === wanted);
    },
  };
}

function rangeFilter(shown: Shown, column: Column): ColumnFilter | null {
  const { data, name } = column;
  const { least, most, missing } = data;
  if (least === null || most === null) return null;
  const { divisor } = scaleOf(data);
  const end = (word: string, value: number): HTMLInputElement => {
    const input = el('input', {
      ...{ type: 'number', step: 'any', autocomplete: 'off' },
      placeholder: numberText(value / divisor),
      'aria-label': `${headOf(data)}: ${word}`,
    });
    input.addEventListener('change', changed);
    return input;
  };
  const [from, to] = [end('at least', least), end('at most', most)];
  const with_ = new Tick(NOTHING, true, changed);
  /** A range that a map was clicked for; its ends are more exact than an input shows. */
  let only: number | null = null;
  const note = el('span');
  function changed(): void {
    only = null;
    follow();
    shown.changed();
  }
  function follow(): void {
    note.textContent = only === null ? '' : `only ${column.groups.labels[only] ?? ''}`;
    if (only !== null) {
      const off = new Set(column.groups.labels.keys());
      off.delete(only);
      shown.filters.set(column.index, { off });
    } else if (from.value === '' && to.value === '' && with_.box.checked)
      shown.filters.delete(column.index);
    else
      shown.filters.set(column.index, {
        least: from.value === '' ? -Infinity : Number(from.value) * divisor,
        most: to.value === '' ? Infinity : Number(to.value) * divisor,
        withMissing: with_.box.checked,
      });
  }
  const box = el(
    'fieldset',
    {},
    el('legend', {}, headOf(data)),
    el('label', {}, 'from', from),
    el('label', {}, 'to', to),
    ...(missing > 0 ? [with_.label] : []),
    note,
  );
  box.setAttribute('data-column', name);
  const reset = (): void => {
    [from.value, to.value, only] = ['', '', null];
    with_.box.checked = true;
    follow();
  };
  return {
    box,
    reset,
    only: (group) => {
      reset();
      only = group;
      follow();
    },
  };
}
