// SPDX-License-Identifier: GPL-2.0-only
// The best points of what is shown, for what the reader holds to be better.

import { count } from '../../../show/format';
import type { Better } from '../data';
import { bestRows, commandHead } from '../model/rows';
import type { Shown } from '../model/shown';
import { headOf } from '../model/text';
import { command } from './copy';
import { Select, byId, el, table } from './dom';

export const BETTER = [
  { text: 'more is better', value: 'more' },
  { text: 'less is better', value: 'less' },
] as const satisfies readonly { readonly text: string; readonly value: Better }[];

export class BestPoints {
  private readonly out = el('div');

  constructor(private readonly shown: Shown) {
    const selects = shown.measures
      .filter(({ data }) => data.kind === 'number')
      .map((column) => {
        const { index, data } = column;
        const select = new Select<Better>(headOf(data), BETTER, data.better, () => {
          shown.better[index] = select.value;
          shown.changed();
        });
        shown.onChange(() => {
          select.value = shown.better[index] ?? data.better;
        });
        return select.label;
      });
    if (selects.length === 0) return;
    byId('best-body').replaceChildren(el('div', { class: 'controls' }, ...selects), this.out);
    shown.onChange(() => {
      this.draw();
    });
    this.draw();
  }

  private draw(): void {
    const { table: data, units } = this.shown;
    const rows = bestRows(this.shown).map(({ head, value, unit, parameters, ties }) => {
      if (value === '') return [head, 'no value', '', '', ''];
      const row = units.first[unit] ?? 0;
      return [
        head,
        value,
        count(data.point(row)),
        [parameters, ties].filter((one) => one !== '').join('; '),
        command(data.command(row)),
      ];
    });
    const head = ['measure', 'best', 'point', 'where', commandHead(this.shown)];
    this.out.replaceChildren(table('best points', head, rows, 5));
  }
}
