// SPDX-License-Identifier: GPL-2.0-only
// The page table as the device meets it: what it can reach now, and whether a driver wants that.

import { Reach, type ReachRow } from '../view/reach';
import { visibleLine } from '../../syntax/hidden';
import { grouped, hex, sizeText } from '../../words';
import type { Steps } from '../contract';
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

function domainRow(domain: string): HTMLElement {
  return el(
    'tr',
    { class: 'domain' },
    el('th', { scope: 'rowgroup', colspan: 4 }, `reached by ${visibleLine(domain)}`),
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
  let known: Steps | null = null;
  let reach = new Reach((at) => {
    throw new RangeError(`no step ${String(at)}`);
  });
  return {
    panel: made,
    draw({ frame, steps }) {
      if (steps !== known) reach = new Reach((at) => steps.frame(at));
      known = steps;
      const view = reach.view(frame.step, MOST_ROWS);
      summary.textContent = view.summary;
      summary.className = view.unwantedBytes > 0 ? 'summary unwanted' : 'summary';
      const isNamed = new Set([...frame.pools, ...frame.ranges].map((one) => one.domain)).size > 1;
      let domain: string | null = null;
      rows.replaceChildren(
        ...view.rows.flatMap((one) => {
          const isNew = isNamed && one.range.domain !== domain;
          domain = one.range.domain;
          return isNew ? [domainRow(domain), row(one)] : [row(one)];
        }),
      );
      more.textContent = view.hidden > 0 ? `and ${grouped(view.hidden)} more ranges` : '';
    },
  };
}
