// SPDX-License-Identifier: GPL-2.0-only
// What Chart.js is to draw of a chart: for what is chosen, on an axis that is switched, in a page that is wide or narrow.

import type { ChartConfiguration, Scale, TooltipItem } from 'chart.js';
import { type ChartView, INK, type Key, type Mark, type SeriesView } from '../view';
import { bare, time, withUnit } from './write';

/** How a chart is to look now. */
export interface Look {
  readonly on: ReadonlySet<string>;
  readonly isChosen: (key: Key) => boolean;
  /** Bars lie where they would be too thin to stand. */
  readonly narrow: boolean;
  /** A colour of the page's style, by its variable. */
  readonly ink: (name: string) => string;
  /** A colour as hatching, where there is a canvas to make it. */
  readonly hatch: (colour: string) => string | object;
}

/** A point of a chart of steps or points: where it is drawn, its true value, and what it is. */
export interface Step {
  readonly x: number;
  readonly y: number;
  readonly value: number;
  readonly text?: string;
}

/** Whether the axis below has numbers, not labels. */
export function isOverNumbers({ kind }: ChartView): boolean {
  return kind === 'steps' || kind === 'points';
}

const DASHES = [[], [8, 3], [3, 3], [8, 3, 2, 3], [1, 3]];

export function isLying(view: ChartView, { narrow }: Look): boolean {
  return view.kind === 'stack' || (view.kind === 'bars' && narrow);
}

/** Of the labels, those that are chosen: their indices. */
export function shownLabels({ labels, labelKeys }: ChartView, { isChosen }: Look): number[] {
  const all = labels.map((_, i) => i);
  return labelKeys.length === 0 ? all : all.filter((i) => isChosen(labelKeys[i] as Key));
}

export function shownSeries({ series }: ChartView, { isChosen }: Look): SeriesView[] {
  return series.filter(isChosen);
}

/** Why there is nothing to draw, or null: there is something. */
export function nothing(view: ChartView, look: Look): string | null {
  const some = shownSeries(view, look).length + view.lines.filter(look.isChosen).length > 0;
  if (isOverNumbers(view) ? some : some && shownLabels(view, look).length > 0) return null;
  return 'Nothing is chosen here: tick a policy and a group of jobs that this chart has.';
}

/** Marks of the series that are chosen, at the labels that are. */
export function shownMarks(view: ChartView, look: Look): Mark[][] {
  const shown = shownLabels(view, look);
  const marks = shownSeries(view, look).map((one) => shown.map((i) => one.marks[i] ?? null));
  if (!look.on.has('shares')) return marks;
  const sums = shown.map((_, i) => marks.reduce((sum, own) => sum + Number(own[i]), 0));
  return marks.map((own) => own.map((mark, i) => (sums[i] ? (100 * Number(mark)) / sums[i] : 0)));
}

export function settings(view: ChartView, look: Look): ChartConfiguration {
  const lying = isLying(view, look);
  const values = valueAxis(view, look);
  const labels = labelAxis(view, look, lying);
  const config = {
    type: view.kind === 'lines' || isOverNumbers(view) ? 'line' : 'bar',
    data: {
      labels: shownLabels(view, look).map((i) => view.labels[i]),
      datasets: datasets(view, look),
    },
    options: {
      ...{ animation: false, responsive: true, maintainAspectRatio: false },
      indexAxis: lying ? 'y' : 'x',
      // Room for what is written on the longest bar.
      layout: { padding: { top: 18, right: lying ? 44 : 0 } },
      scales: lying ? { x: values, y: labels } : { x: labels, y: values },
      interaction: {
        mode: isOverNumbers(view) ? 'nearest' : 'index',
        intersect: false,
        axis: lying ? 'y' : 'x',
      },
      plugins: {
        legend: { position: 'bottom', labels: { boxWidth: 14, boxHeight: 10 } },
        tooltip: { callbacks: tooltip(view, look) },
      },
    },
  };
  // Chart.js's own types know no range beside values, and no object for a chart of any kind.
  return config as unknown as ChartConfiguration;
}

function datasets(view: ChartView, look: Look): object[] {
  const series = shownSeries(view, look);
  if (isOverNumbers(view)) return series.map((one) => steps(view, one, look));
  const marks = shownMarks(view, look);
  return series.map((one, s) => {
    const data = marks[s] ?? [];
    return view.kind === 'lines' ? { ...stroke(one, look), data } : { ...bar(one, look), data };
  });
}

function colourOf({ colour }: SeriesView, { ink }: Look): string {
  return colour === INK ? ink('--ink') : colour;
}

function bar(one: SeriesView, look: Look): object {
  const colour = colourOf(one, look);
  const fills = { simulated: colour, published: 'transparent', range: `${colour}40` };
  return {
    label: one.name,
    backgroundColor: one.hatched ? look.hatch(colour) : fills[one.look],
    borderColor: colour,
    borderWidth: one.hatched || one.look === 'published' ? 2 : one.look === 'range' ? 1 : 0,
    borderSkipped: false,
    maxBarThickness: 64,
  };
}

function stroke(one: SeriesView, look: Look): object {
  const colour = colourOf(one, look);
  return {
    ...{ label: one.name, borderColor: colour, backgroundColor: colour, borderWidth: 2 },
    ...(one.hatched ? { borderDash: [6, 4] } : {}),
  };
}

function steps(view: ChartView, one: SeriesView, look: Look): object {
  const isLog = look.on.has('logValues');
  const groups = [...new Set(shownSeries(view, look).map(({ group }) => group))];
  const data: Step[] = one.steps.map(({ x, y, text }) => ({
    ...{ x, value: y, ...(text === undefined ? {} : { text }) },
    y: y === 0 && isLog ? (view.zeroAt ?? 0) : y,
  }));
  return {
    ...stroke(one, look),
    ...(view.kind === 'points'
      ? { pointRadius: 5, pointHoverRadius: 7, parsing: false }
      : { stepped: true, pointRadius: 0, parsing: false, backgroundColor: 'transparent' }),
    borderDash: DASHES[groups.indexOf(one.group) % DASHES.length],
    data,
  };
}

/** Positive values of what is shown, lines across the chart included. */
function positives(view: ChartView, look: Look): number[] {
  const lines = view.lines.filter(look.isChosen).map(({ value }) => value);
  const marks = shownMarks(view, look).flat(2);
  const levels = shownSeries(view, look).flatMap((one) => one.steps.map(({ y }) => y));
  return [...lines, ...marks, ...levels].filter((n): n is number => n !== null && n > 0);
}

function valueAxis(view: ChartView, look: Look): object {
  const { on, ink } = look;
  const shares = on.has('shares');
  const isLog = on.has('logValues');
  const lines = view.lines.filter(look.isChosen).map(({ value }) => value);
  const text = shares ? 'share of the CPU time, %' : view.valueTitle;
  return {
    title: { display: text !== '', text },
    grid: { color: ink('--line') },
    stacked: view.kind === 'stack',
    ...(isLog ? logarithmic(view, positives(view, look)) : { type: 'linear' }),
    ...(isLog ? {} : { suggestedMax: Math.max(0, ...lines), suggestedMin: Math.min(0, ...lines) }),
    // Where ticks have units of their own, the title has none.
    ...(!isLog && view.ticks.length > 0
      ? { ticks: { callback: (value: number) => withUnit(value, view) } }
      : {}),
    ...(shares ? { max: 100 } : {}),
  };
}

function logarithmic({ ticks, zeroAt, digits }: ChartView, values: readonly number[]): object {
  const most = Math.max(...values);
  const least = zeroAt ?? decadeBelow(Math.min(...values));
  const ends = { type: 'logarithmic', min: least, max: Math.max(most * 1.3, least * 10) };
  if (ticks.length === 0) return { ...ends, ticks: { callback: decades(digits) } };
  return {
    ...ends,
    afterBuildTicks: (axis: Scale) => {
      axis.ticks = ticks
        .filter(({ value }) => value >= axis.min && value <= axis.max)
        .map(({ value }) => ({ value }));
    },
    ticks: {
      callback: (value: number) => ticks.find((tick) => tick.value === value)?.text ?? '',
    },
  };
}

/** Below the value, so that its bar has a length. */
function decadeBelow(value: number): number {
  return Number.isFinite(value) ? 10 ** (Math.ceil(Math.log10(value)) - 1) : 1;
}

/** Of a logarithmic axis: 1, 2 and 5 of each decade. */
function decades(digits: number): (value: number) => string {
  return (value) => {
    const first = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
    const shown = [1, 2, 5].some((one) => Math.abs(first - one) < 1e-6);
    return shown ? bare(value, value < 1 ? Math.max(digits, 2) : 0) : '';
  };
}

function labelAxis(view: ChartView, { on, ink, narrow }: Look, lying: boolean): object {
  const type = on.has('logTime') ? 'logarithmic' : 'linear';
  return {
    title: { display: view.labelTitle !== '', text: view.labelTitle },
    grid: { color: ink('--line'), display: !lying },
    stacked: view.kind === 'stack',
    ...(isOverNumbers(view) ? { type, ticks: { maxRotation: 0 } } : {}),
    ...(lying ? { ticks: { autoSkip: false, font: { size: narrow ? 11 : 12 } } } : {}),
  };
}

function tooltip(view: ChartView, look: Look): object {
  const written = look.on.has('shares') ? { ...view, unit: '% of the CPU time', digits: 1 } : view;
  if (isOverNumbers(view))
    return {
      title: ([item]: TooltipItem<'line'>[]) => {
        const step = item?.raw as Step | undefined;
        if (!step) return '';
        return step.text ?? time(step.x);
      },
      label: ({ dataset, raw }: TooltipItem<'line'>) =>
        `${dataset.label ?? ''}: ${withUnit((raw as Step).value, written)}`,
    };
  const marks = shownMarks(view, look);
  const shown = shownSeries(view, look);
  const text = (s: number, i: number): string => {
    const digits = shown[s]?.digits ?? written.digits;
    return `${shown[s]?.name ?? ''}: ${withUnit(marks[s]?.[i], { ...written, digits })}`;
  };
  return {
    label: ({ datasetIndex, dataIndex }: TooltipItem<'bar'>) => text(datasetIndex, dataIndex),
    // Chart.js passes by what has no point.
    afterBody: (items: TooltipItem<'bar'>[]) => {
      const [first] = items;
      if (!first) return [];
      const told = new Set(items.map(({ datasetIndex }) => datasetIndex));
      return shown.flatMap((_, s) => (told.has(s) ? [] : [text(s, first.dataIndex)]));
    },
  };
}
