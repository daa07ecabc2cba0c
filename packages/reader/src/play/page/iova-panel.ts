// SPDX-License-Identifier: GPL-2.0-only
// The IOVA space to scale, as SVG: the whole, and below it what is magnified.

import { type Bar, type Mark, addressBars, domainsOf } from '../view/address-map';
import { visibleLine } from '../../syntax/hidden';
import { hex } from '../../words';
import { type Panel, el, panel, svg } from './dom';
import type { Now } from './session';

const WIDTH = 1000;
const HEIGHT = 26;

function markOf({ x, width, region }: Mark): SVGElement {
  const { kind, access, wanted, label } = region;
  // What is there is seen, however small it is.
  const shown = Math.max(width * WIDTH, kind === 'mapped' ? 4 : 2);
  const left = Math.min(x * WIDTH, WIDTH - shown);
  const classes =
    kind === 'class'
      ? 'mark class'
      : `mark mapped ${access?.toLowerCase() ?? ''}${wanted ? '' : ' unwanted'}`;
  const height = kind === 'class' ? HEIGHT : HEIGHT - 10;
  return svg(
    'rect',
    { class: classes, x: left, y: kind === 'class' ? 0 : 5, width: shown, height },
    svg('title', {}, wanted ? label : `${label}: no driver mapping uses it`),
  );
}

/** The pattern of what no driver mapping uses, once for all bars. */
function hatch(): SVGElement {
  return svg(
    'svg',
    { class: 'hidden', 'aria-hidden': true },
    svg(
      'pattern',
      {
        ...{ id: 'unwanted', width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
        patternTransform: 'rotate(45)',
      },
      svg('rect', { class: 'hatch-ground', width: 8, height: 8 }),
      svg('rect', { class: 'hatch-line', width: 4, height: 8 }),
    ),
  );
}

/** The wedge from where a bar lies in the whole space down to its full width. */
function wedge({ from, to }: Bar): SVGElement {
  const [a, b] = [from * WIDTH, Math.max(to * WIDTH, from * WIDTH + 1)];
  return svg('polygon', {
    ...{ class: 'wedge', points: `${String(a)},0 ${String(b)},0 ${String(WIDTH)},14 0,14` },
  });
}

function barOf(bar: Bar, index: number): HTMLElement {
  const top = index === 0 ? 0 : 14;
  const drawing = svg(
    'svg',
    {
      ...{ viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT + top)}`, preserveAspectRatio: 'none' },
      ...{ role: 'img', 'aria-label': sentence(bar) },
    },
    ...(index === 0 ? [] : [wedge(bar)]),
    svg(
      'g',
      { transform: `translate(0 ${String(top)})` },
      svg('rect', { class: 'ground', width: WIDTH, height: HEIGHT }),
      ...bar.marks.map(markOf),
    ),
  );
  const tags = el('div', { class: 'tags', 'aria-hidden': true }, ...bar.marks.flatMap(tagOf));
  const ends = el(
    'p',
    { class: 'ends' },
    el('code', {}, hex(bar.start)),
    el('span', {}, bar.title),
    el('code', {}, hex(bar.end)),
  );
  return el('div', { class: index === 0 ? 'bar whole' : 'bar' }, drawing, tags, ends);
}

/** The name of a class above it, the access within a mapped range, where there is room. */
function tagOf({ x, width, region }: Mark): HTMLElement[] {
  const isClass = region.kind === 'class';
  if (width < (isClass ? 0.08 : 0.05)) return [];
  const tag = isClass
    ? el('span', {}, region.label)
    : el('span', { class: 'inside' }, el('b', {}, region.access ?? ''));
  // Set through the object model, which the page's policy allows.
  tag.style.left = `${String(x * 100)}%`;
  tag.style.width = `${String(width * 100)}%`;
  return [tag];
}

function sentence(bar: Bar): string {
  const labels = bar.marks.map(({ region }) =>
    region.wanted ? region.label : `${region.label} (no driver mapping uses it)`,
  );
  const shown = labels.slice(0, 12).join('; ');
  const more = labels.length > 12 ? `; and ${String(labels.length - 12)} more` : '';
  return `${bar.title}: ${labels.length === 0 ? 'nothing' : shown + more}`;
}

export function iovaPanel(): { readonly panel: Panel; draw(now: Now): void } {
  const made = panel(
    'iova',
    'The IOVA space, to scale',
    'The first bar is the whole space; each further bar magnifies a part of it.',
  );
  made.section.append(hatch());
  return {
    panel: made,
    draw({ frame }) {
      const domains = domainsOf(frame);
      const maps = domains.flatMap((domain) => [
        ...(domains.length > 1 ? [el('h3', { class: 'domain' }, visibleLine(domain))] : []),
        ...addressBars(frame, domain).map(barOf),
      ]);
      if (maps.length > 0) made.body.replaceChildren(...maps);
      else made.body.replaceChildren(el('p', {}, 'There is nothing in it.'));
    },
  };
}
