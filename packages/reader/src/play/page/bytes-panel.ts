// SPDX-License-Identifier: GPL-2.0-only
// The driver's memory and the bounce pages as bytes, and copies between them as they happen.

import type { MappingFrame } from '../frame';
import {
  type ByteCell,
  type BytesView,
  bytesView,
  mappingOfStep,
  mappingTitle,
  mappingsToShow,
  sameMapping,
} from '../view/bytes-view';
import { type Panel, el, panel } from './dom';
import type { Now } from './session';

function byteCells(
  cells: readonly ByteCell[],
  rows: readonly string[],
  width: number,
  arrives: boolean,
): HTMLElement {
  const bytes = cells.map(({ text, changed, differs }, i) => {
    const classes = [...(changed ? ['changed'] : []), ...(differs ? ['differs'] : [])];
    const one = el('span', { class: classes.join(' ') }, text);
    // Later bytes arrive later; set through the object model, which the page's policy allows.
    if (arrives) one.style.setProperty('--at', String(i));
    return one;
  });
  const shown = rows.flatMap((row, i) => [
    ...bytes.slice(i * width, (i + 1) * width),
    // After a last row that is short too, the text is in its column.
    el('i', { 'aria-hidden': true }, row),
  ]);
  return el('code', { class: arrives ? 'hex arrives' : 'hex' }, ...shown);
}

const ARROWS = { 'to-bounce': '→', 'to-original': '←', both: '⇄' } as const;

function sides(view: BytesView, bounced: boolean, moves: boolean): HTMLElement {
  const { copy } = view;
  const out = moves && (copy === 'to-bounce' || copy === 'both');
  const back = moves && (copy === 'to-original' || copy === 'both');
  const arrow = el(
    'div',
    { class: `arrow${copy === null ? '' : ` ${copy}`}`, 'aria-hidden': true },
    copy === null ? (bounced ? '' : '=') : ARROWS[copy],
  );
  const side = (
    title: string,
    cells: readonly ByteCell[],
    rows: readonly string[],
    arrives: boolean,
  ): HTMLElement =>
    el('figure', {}, el('figcaption', {}, title), byteCells(cells, rows, view.width, arrives));
  return el(
    'div',
    { class: 'sides' },
    side('driver’s memory', view.original, view.originalText, back),
    arrow,
    side(bounced ? 'bounce pages' : 'what the device reaches', view.reached, view.reachedText, out),
  );
}

export function bytesPanel(): { readonly panel: Panel; draw(now: Now): void } {
  const made = panel('bytes', 'The bytes');
  const choice = el('select', { id: 'mapping' });
  const label = el('label', { for: 'mapping' }, 'mapping ');
  const head = el('p', {}, label, choice);
  const rest = el('div');
  made.body.append(head, rest);
  let chosen: MappingFrame | null = null;
  let last: Now | null = null;

  function drawBytes(now: Now, mapping: MappingFrame | null): void {
    chosen = mapping;
    if (!mapping) {
      rest.replaceChildren(el('p', {}, 'No driver holds a mapping.'));
      return;
    }
    const view = bytesView(mapping, now.frame, now.previous);
    rest.replaceChildren(
      sides(view, mapping.bounced, now.statement === null),
      el('p', { class: 'note' }, view.copyText === '' ? '' : `${view.copyText}. `, view.summary),
    );
  }

  choice.addEventListener('change', () => {
    const mapping = last && mappingsToShow(last.frame)[Number(choice.value)];
    if (last && mapping) drawBytes(last, mapping);
  });
  return {
    panel: made,
    draw(now) {
      last = now;
      const mappings = mappingsToShow(now.frame);
      const about = mappingOfStep(now.frame, now.previous, chosen);
      const mapping = mappings.find((one) => one === about) ?? mappings[0] ?? null;
      choice.replaceChildren(
        ...mappings.map((one, i) =>
          el(
            'option',
            { value: i },
            mappingTitle(one),
            now.frame.ended.includes(one) ? ' (ended)' : '',
          ),
        ),
      );
      head.hidden = mappings.length === 0;
      if (mapping) choice.value = String(mappings.findIndex((one) => sameMapping(one, mapping)));
      drawBytes(now, mapping);
    },
  };
}
