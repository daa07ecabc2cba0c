// SPDX-License-Identifier: GPL-2.0-only
// The classes of the pools: a cell for each slot, the lists in order.

import {
  type ClassView,
  type SlotCell,
  type SlotPart,
  classSentence,
  classView,
} from '../view/slot-cells';
import { visibleLine } from '../../syntax/hidden';
import { grouped, timeText } from '../../words';
import { type Panel, el, panel } from './dom';
import type { Now } from './session';

function cell({ index, look, access, code, label, changed }: SlotCell): HTMLElement {
  return el(
    'span',
    {
      class: `slot ${look} ${access === null ? '' : access.toLowerCase()}${changed ? ' changed' : ''}`,
      title: changed ? `${label} (changed)` : label,
      'data-slot': index,
    },
    el('small', {}, grouped(index)),
    el('b', {}, code),
  );
}

function part(one: SlotPart): HTMLElement {
  return one.kind === 'cells'
    ? el('div', { class: 'cells' }, ...one.cells.map(cell))
    : el('p', { class: 'run' }, one.text);
}

function lists(view: ClassView): HTMLElement {
  return el(
    'dl',
    { class: 'lists' },
    ...view.lists.flatMap(({ name, text, entries }) => [
      el('dt', {}, name),
      el('dd', {}, entries === 0 ? '–' : text, ' ', el('small', {}, `(${grouped(entries)})`)),
    ]),
  );
}

function classOf(view: ClassView): HTMLElement {
  // The cells are a picture for the eye; the sentence says the same.
  return el(
    'div',
    { class: 'class' },
    el('h3', {}, view.title, ' ', el('small', {}, view.summary)),
    el(
      'div',
      { class: 'slots', role: 'img', 'aria-label': classSentence(view) },
      ...view.parts.map(part),
    ),
    ...(view.parts.some(({ kind }) => kind === 'cells') ? [lists(view)] : []),
  );
}

function eviction(inMs: number | null): HTMLElement {
  const text = inMs === null ? 'is not armed' : `runs in ${timeText(inMs)}`;
  return el('p', { class: 'run' }, `The eviction worker ${text}.`);
}

function legend(): HTMLElement {
  const one = (classes: string, code: string, text: string): HTMLElement =>
    el(
      'li',
      {},
      el('span', { class: `slot ${classes}`, 'aria-hidden': true }, el('b', {}, code)),
      text,
    );
  return el(
    'ul',
    { class: 'legend' },
    one('empty', '·', 'empty: no pages'),
    one('in-use ro', 'RO', 'in use'),
    one('young ro', 'ro', 'cached, young'),
    one('old ro', 'ro°', 'cached, old: next to be evicted'),
    one('young wo', 'wo', 'device may write'),
    one('young rw', 'rw', 'both'),
    one('lost', '✕', 'lost'),
  );
}

export function poolPanel(): { readonly panel: Panel; draw(now: Now): void } {
  const made = panel('pool', 'The pool', 'Each cell is a slot: a place for one bounce buffer.');
  made.section.append(legend());
  return {
    panel: made,
    draw({ frame, previous }) {
      const pools = frame.pools.flatMap(({ domain, classes, evictInMs }) => {
        const before = previous?.pools.find((pool) => pool.domain === domain);
        const heading =
          frame.pools.length > 1 ? [el('h3', { class: 'domain' }, visibleLine(domain))] : [];
        return [
          ...heading,
          eviction(evictInMs),
          ...classes.map((cls, i) => classOf(classView(cls, before?.classes[i]))),
        ];
      });
      if (pools.length > 0) made.body.replaceChildren(...pools);
      else made.body.replaceChildren(el('p', {}, 'There is no pool.'));
    },
  };
}
