// SPDX-License-Identifier: GPL-2.0-only
// All points that are shown, as a table that is sorted by any column, page by page.

import { count, plural } from '../../../show/format';
import { unitText } from '../model/rows';
import type { Shown } from '../model/shown';
import type { Column } from '../model/table';
import { headOf } from '../model/text';
import { command } from './copy';
import { button, byId, el, table } from './dom';

const PER_PAGE = 25;
/** Of the points of a unit so many have their command lines. */
const MOST_COMMANDS = 20;

export class Points {
  /** Null: by the number of the point. */
  private by: Column | null = null;
  private isDown = false;
  private page = 0;
  private order: number[] = [];
  private readonly says = el('p', { role: 'status' });
  private readonly out = el('div');
  private readonly pages = el('div', { class: 'pages' });

  constructor(private readonly shown: Shown) {
    byId('points-body').replaceChildren(this.says, this.out, this.pages);
    shown.onChange(() => {
      this.sort();
    });
    this.sort();
  }

  private sort(): void {
    const { units } = this.shown;
    const { by } = this;
    const sign = this.isDown ? -1 : 1;
    const all = Array.from({ length: units.length }, (_, unit) => unit);
    if (by === null) this.order = this.isDown ? all.reverse() : all;
    else {
      const compare = by.data.kind === 'string' ? this.texts(by) : this.numbers(by);
      this.order = all.sort((a, b) => compare(a, b, sign) || a - b);
    }
    this.page = 0;
    this.draw();
  }

  /** What has no value is last, whichever way. */
  private numbers(by: Column): (a: number, b: number, sign: number) => number {
    const { units } = this.shown;
    const cells = units.figuresOf(by);
    const values = Float64Array.from({ length: units.length }, (_, unit) => {
      const mean = cells.mean(unit);
      return Number.isNaN(mean) ? (by.numbers[units.first[unit] ?? 0] ?? NaN) : mean;
    });
    return (a, b, sign) => {
      const [x = NaN, y = NaN] = [values[a], values[b]];
      if (Number.isNaN(x) || Number.isNaN(y))
        return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return x === y ? 0 : sign * (x < y ? -1 : 1);
    };
  }

  /** In the order of the spec, as in filters and maps. */
  private texts(by: Column): (a: number, b: number, sign: number) => number {
    const { first } = this.shown.units;
    const { codes } = by;
    return (a, b, sign) => {
      const [x = 0, y = 0] = [codes?.[first[a] ?? 0], codes?.[first[b] ?? 0]];
      if (x === 0 || y === 0) return Number(x === 0) - Number(y === 0);
      return sign * (x - y);
    };
  }

  private get columns(): Column[] {
    const { table: data, joinSeeds } = this.shown;
    return data.columns.filter((one) => !(joinSeeds && one.data.role === 'seed'));
  }

  private draw(): void {
    const { shown, columns } = this;
    const last = Math.max(0, Math.ceil(this.order.length / PER_PAGE) - 1);
    this.page = Math.min(this.page, last);
    const from = this.page * PER_PAGE;
    const units = this.order.slice(from, from + PER_PAGE);
    this.says.textContent = `${shown.sentence} ${
      this.order.length > PER_PAGE
        ? `Rows ${count(from + 1)} to ${count(from + units.length)} of ${count(this.order.length)}.`
        : ''
    }`;
    const head = [
      this.head('point', null),
      ...columns.map((column) => this.head(headOf(column.data), column)),
      shown.joinSeeds ? 'commands' : 'command',
    ];
    const rows = units.map((unit) => [
      this.pointText(unit),
      ...columns.map((column) => unitText(shown, column, unit)),
      this.opener(unit, columns.length + 2),
    ]);
    const made = table('points', head, rows, 1);
    this.markSorted(made);
    this.out.replaceChildren(made);
    this.pages.replaceChildren(...(last > 0 ? this.buttons(last) : []));
  }

  private pointText(unit: number): string {
    const { shown } = this;
    const row = shown.units.first[unit] ?? 0;
    return count(shown.table.point(row));
  }

  private head(text: string, column: Column | null): HTMLElement {
    return button(text, () => {
      this.isDown = this.by === column && !this.isDown;
      this.by = column;
      this.sort();
      // The head is a new one.
      const index = column === null ? 0 : this.columns.indexOf(column) + 1;
      this.out.querySelectorAll<HTMLElement>('thead button')[index]?.focus();
    });
  }

  private markSorted(made: HTMLElement): void {
    const index = this.by === null ? 0 : this.columns.indexOf(this.by) + 1;
    const head = made.querySelectorAll('thead th')[index];
    head?.setAttribute('aria-sort', this.isDown ? 'descending' : 'ascending');
    head?.querySelector('button')?.append(this.isDown ? ' ▼' : ' ▲');
  }

  /** Shows the command lines of a unit in a row of their own. */
  private opener(unit: number, across: number): HTMLElement {
    const { shown } = this;
    let below: HTMLElement | null = null;
    const made = button(
      'Command',
      () => {
        if (below) {
          below.remove();
          below = null;
        } else {
          const rows = shown.joinSeeds ? shown.units.rowsOf(unit) : [shown.units.first[unit] ?? 0];
          const lines = rows
            .slice(0, MOST_COMMANDS)
            .map((row) => command(shown.table.command(row)));
          const left = rows.length - lines.length;
          const cell = el(
            'td',
            { class: 'text detail', colspan: across },
            ...lines,
            ...(left > 0 ? [plural(left, 'more seed')] : []),
          );
          below = el('tr', {}, cell);
          made.closest('tr')?.after(below);
        }
        made.setAttribute('aria-expanded', String(below !== null));
      },
      { 'aria-expanded': 'false', 'aria-label': `Command of point ${this.pointText(unit)}` },
    );
    return made;
  }

  private buttons(last: number): HTMLElement[] {
    const to = (page: number) => (): void => {
      this.page = page;
      this.draw();
      this.says.scrollIntoView({ block: 'nearest' });
    };
    const at = (text: string, page: number): HTMLElement =>
      button(text, to(page), { disabled: page < 0 || page > last || page === this.page });
    return [
      at('First', 0),
      at('Previous', this.page - 1),
      el('span', {}, `Page ${count(this.page + 1)} of ${count(last + 1)}`),
      at('Next', this.page + 1),
      at('Last', last),
    ];
  }
}
