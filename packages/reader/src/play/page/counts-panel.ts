// SPDX-License-Identifier: GPL-2.0-only
// Requests and exits so far, beside the same calls without the pool.

import type { CountFrame } from '../frame';
import { grouped, sizeText } from '../../words';
import { type Panel, el, panel, svg } from './dom';
import type { Now } from './session';

function meter(value: number, most: number, kind: string): SVGElement {
  const share = most === 0 ? 0 : (value / most) * 100;
  return svg(
    'svg',
    { viewBox: '0 0 100 8', preserveAspectRatio: 'none', class: 'meter', 'aria-hidden': true },
    svg('rect', { class: 'ground', width: 100, height: 8 }),
    svg('rect', { class: kind, width: share, height: 8 }),
  );
}

export function countsPanel(): { readonly panel: Panel; draw(now: Now): void } {
  const made = panel('counts', 'What it has cost so far');
  const rows = el('tbody');
  const note = el('p', { class: 'note' });
  const heads = ['', 'with the pool', 'without it'];
  made.body.append(
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
      rows,
    ),
    note,
  );
  return {
    panel: made,
    draw({ frame, steps }) {
      const { counts, countsWithout } = frame;
      const row = (
        name: string,
        of: (counts: CountFrame) => number | null,
        text: (value: number) => string,
      ): HTMLElement[] => {
        const [here, there] = [of(counts), of(countsWithout)];
        if (here === null || there === null) return [];
        const most = Math.max(here, there);
        return [
          el(
            'tr',
            {},
            el('th', { scope: 'row' }, name),
            el('td', { class: 'number' }, text(here), meter(here, most, 'with')),
            el('td', { class: 'number' }, text(there), meter(there, most, 'without')),
          ),
        ];
      };
      // `calls of the driver (a plain table)`: what is in parentheses is said below.
      const [, label = '', remark = ''] =
        /^([^(]*?)(?: \((.*)\))?$/.exec(steps.requestsLabel) ?? [];
      note.textContent = remark;
      rows.replaceChildren(
        ...row(label, (c) => c.requests, grouped),
        ...row('exits from the guest', (c) => c.exits, grouped),
        ...row('copied', (c) => c.copiedBytes, sizeText),
      );
    },
  };
}
