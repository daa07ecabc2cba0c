// SPDX-License-Identifier: GPL-2.0-only
// Drawn over a chart: a value on each bar where it fits, and lines across the chart with their names.

import type { Chart, ChartArea, Element, Plugin } from 'chart.js';
import { type ChartView, INK, type LineView } from '../view';
import { type Look, isLying, shownMarks, shownSeries } from './settings';
import { bare } from './write';

const FONT = 11;
const GAP = 3;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Places that are taken: what would lie on one of them is left out. */
export class Places {
  private readonly taken: Box[] = [];

  /** @returns whether it was free; then it is taken */
  take(box: Box): boolean {
    const free = this.taken.every(
      ({ left, top, right, bottom }) =>
        box.right <= left || box.left >= right || box.bottom <= top || box.top >= bottom,
    );
    if (free) this.taken.push(box);
    return free;
  }
}

/** What is written on a bar; a range has both ends, nothing has none. */
function markText(view: ChartView, look: Look, s: number, i: number): string | null {
  const mark = shownMarks(view, look)[s]?.[i] ?? null;
  if (mark === null) return null;
  const own = shownSeries(view, look)[s]?.digits;
  const digits = own ?? view.digits;
  return typeof mark === 'number'
    ? bare(mark, digits)
    : mark.map((end) => bare(end, digits)).join('…');
}

/** @param current the chart as it is shown at the moment */
export function labels(current: (chart: Chart) => { view: ChartView; look: Look } | null): Plugin {
  return {
    id: 'labels',
    afterDatasetsDraw(chart) {
      const shown = current(chart);
      if (!shown) return;
      const { ctx } = chart;
      ctx.save();
      ctx.font = `${String(FONT)}px system-ui, sans-serif`;
      ctx.textBaseline = 'middle';
      const places = new Places();
      const { view, look } = shown;
      lines(chart, view, look, places);
      if (view.kind === 'bars') values(chart, view, look, places);
      if (view.kind === 'stack' && !look.on.has('shares')) totals(chart, view, look, places);
      ctx.restore();
    },
  };
}

function write(chart: Chart, look: Look, text: string, box: Box, colour: string): void {
  const { ctx } = chart;
  const y = (box.top + box.bottom) / 2;
  ctx.textAlign = 'left';
  // An edge of the page's colour: text stays legible on bars and lines.
  ctx.strokeStyle = look.ink('--page');
  ctx.lineWidth = 3;
  ctx.strokeText(text, box.left, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, box.left, y);
}

/** At the end of a bar: beside it where it lies, above it where it stands, below where it hangs. */
function atEnd(
  chart: Chart,
  element: Element,
  text: string,
  lying: boolean,
): { readonly box: Box; readonly fits: boolean } {
  const { x, y, base, width, height } = element.getProps(
    ['x', 'y', 'base', 'width', 'height'] as never[],
    true,
  ) as Record<'x' | 'y' | 'base' | 'width' | 'height', number>;
  const length = chart.ctx.measureText(text).width;
  if (lying) {
    const left = x < base ? x - GAP - length : x + GAP;
    const box = { left, right: left + length, top: y - FONT / 2, bottom: y + FONT / 2 };
    return { box, fits: height >= FONT - 2 && box.right <= chart.width };
  }
  const top = y > base ? y + GAP : y - GAP - FONT;
  const box = { left: x - length / 2, right: x + length / 2, top, bottom: top + FONT };
  return { box, fits: length <= width + 10 };
}

function values(chart: Chart, view: ChartView, look: Look, places: Places): void {
  const lying = isLying(view, look);
  chart.data.datasets.forEach((_, s) => {
    if (!chart.isDatasetVisible(s)) return;
    chart.getDatasetMeta(s).data.forEach((element, i) => {
      const text = markText(view, look, s, i);
      if (text === null) return;
      const { box, fits } = atEnd(chart, element, text, lying);
      if (fits && places.take(box)) write(chart, look, text, box, look.ink('--ink'));
    });
  });
}

/** Of each lying bar, what its visible parts are together. */
function totals(chart: Chart, view: ChartView, look: Look, places: Places): void {
  const marks = shownMarks(view, look);
  const visible = marks.flatMap((_, s) => (chart.isDatasetVisible(s) ? [s] : []));
  const last = visible.at(-1);
  if (last === undefined) return;
  chart.getDatasetMeta(last).data.forEach((element, i) => {
    const sum = visible.reduce((total, s) => total + Number(marks[s]?.[i] ?? 0), 0);
    const text = bare(sum, view.digits);
    const { box, fits } = atEnd(chart, element, text, true);
    if (fits && places.take(box)) write(chart, look, text, box, look.ink('--ink'));
  });
}

function lines(chart: Chart, view: ChartView, look: Look, places: Places): void {
  const lying = isLying(view, look);
  const before = new Map<number, number>();
  for (const one of view.lines.filter(look.isChosen)) {
    const at = (lying ? chart.scales['x'] : chart.scales['y'])?.getPixelForValue(one.value);
    if (at === undefined || !Number.isFinite(at)) continue;
    // Lines of the same value show in turn.
    const turn = before.get(one.value) ?? 0;
    before.set(one.value, turn + 1);
    stroke(chart, look, one, at, lying, turn);
    name(chart, look, one, at, lying, places);
  }
}

function stroke(
  { ctx, chartArea: area }: Chart,
  { ink }: Look,
  { colour }: LineView,
  at: number,
  lying: boolean,
  turn: number,
): void {
  ctx.save();
  ctx.strokeStyle = colour === INK ? ink('--ink') : colour;
  ctx.lineWidth = 2;
  ctx.setLineDash([6, 6]);
  ctx.lineDashOffset = 6 * turn;
  ctx.beginPath();
  ctx.moveTo(lying ? at : area.left, lying ? area.top : at);
  ctx.lineTo(lying ? at : area.right, lying ? area.bottom : at);
  ctx.stroke();
  ctx.restore();
}

function name(
  chart: Chart,
  look: Look,
  { text }: LineView,
  at: number,
  lying: boolean,
  places: Places,
): void {
  const length = chart.ctx.measureText(text).width;
  const free = namePlaces(chart.chartArea, length, at, lying, chart.width).find((box) =>
    places.take(box),
  );
  if (free) write(chart, look, text, free, look.ink('--ink'));
}

/** Where a line's name may be, best first. */
function namePlaces(
  area: ChartArea,
  length: number,
  at: number,
  lying: boolean,
  width: number,
): Box[] {
  if (lying) {
    const left = Math.max(0, Math.min(at - length / 2, width - length));
    return [-FONT - 1].map((up) => ({
      ...{ left, right: left + length },
      ...{ top: area.top + up, bottom: area.top + up + FONT },
    }));
  }
  const tops = [at - GAP - FONT, at + GAP, at - GAP - 2 * FONT - 2, at + GAP + FONT + 2];
  return tops.map((top) => ({
    ...{ left: area.right - length - 4, right: area.right - 4 },
    ...{ top, bottom: top + FONT },
  }));
}
