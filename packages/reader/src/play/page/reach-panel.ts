// SPDX-License-Identifier: GPL-2.0-only
// The page table as the device meets it: what it can reach now, and whether a driver wants that.

import { type ReachRow, reachView } from '../view/reach';
import { hex, sizeText } from '../view/words';
import { type Panel, el, panel } from './dom';
import type { Now } from './session';

const MOST_ROWS = 40;

function row({ range, unwanted, text, fresh }: ReachRow): HTMLElement {
  const isUnwanted = unwanted !== null;
  return el(
    'tr',
    { class: `${isUnwanted ? 'unwanted' : 'wanted'}${fresh ? ' changed' : ''}` },
    el(
      'td',
      {},
      el('code', {}, hex(range.iova)),
      ' ',
      el('code', { class: 'phys' }, `→ ${hex(range.phys)}`),
    ),
    el('td', { class: 'number' }, sizeText(range.size)),
    el('td', {}, el('span', { class: `access ${range.access.toLowerCase()}` }, range.access)),
    el('td', {}, isUnwanted ? '⚠ ' : '✓ ', text),
  );
}

export function reachPanel(): { readonly panel: Panel; draw(now: Now): void } {
  const made = panel('reach', 'What the device can reach, and what it should');
  const summary = el('p', { class: 'summary' });
  const rows = el('tbody');
  const more = el('p', { class: 'run' });
  const heads = ['IOVA → physical', 'size', 'device may', 'should it?'];
  made.body.append(
    summary,
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The page table' },
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
        rows,
      ),
    ),
    more,
  );
  return {
    panel: made,
    draw({ frame, steps }) {
      const view = reachView((at) => steps.frame(at), frame.step);
      summary.textContent = view.summary;
      summary.className = view.unwantedBytes > 0 ? 'summary unwanted' : 'summary';
      // What should not be there comes first: it is the point.
      const sorted = [...view.rows].sort(
        (a, b) => Number(b.unwanted !== null) - Number(a.unwanted !== null),
      );
      rows.replaceChildren(...sorted.slice(0, MOST_ROWS).map(row));
      const left = sorted.length - MOST_ROWS;
      more.textContent = left > 0 ? `and ${String(left)} more ranges` : '';
    },
  };
}
