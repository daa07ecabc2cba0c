// SPDX-License-Identifier: GPL-2.0-only
// What uPlot is to draw of a plot, in the colours of the page.

import type uPlot from 'uplot';
import { type PlotColour, type PlotView, binsOf } from '../view';
import { axisText } from '../words';
import { unitOf } from './data';

/** A colour of the page's style, by its variable. */
export type InkOf = (name: string) => string;

const FONT = '11px system-ui, sans-serif';
/** CSS pixels of an axis of values: `1,000 KiB`. */
const VALUE_AXIS = 62;
/** And between two labels of a histogram. */
const LABEL_SPACE = 52;

/** 1, 2 and 5 of each decade; whole numbers where things are counted. */
const DECADES = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((e) =>
  [1, 2, 5].map((n) => Number(`${String(n)}e${String(e)}`)),
);
const BINARY = Array.from({ length: 48 }, (_, i) => 2 ** i);

export function settings(
  view: PlotView,
  ink: InkOf,
  paths: uPlot.Series.PathBuilderFactories,
  size: { readonly width: number; readonly height: number },
  hooks: uPlot.Hooks.Arrays,
): uPlot.Options {
  const isTime = view.kind === 'time';
  const colour = (of: PlotColour): string => (of.startsWith('--') ? ink(of) : of);
  const stepped = paths.stepped?.({ align: 1 });
  const levels = view.series.filter(({ least }) => least.length > 0);
  const drawn = view.series.map((one, i) =>
    isTime
      ? {
          label: one.name,
          stroke: () => colour(one.colour),
          width: 1.5,
          points: { show: false },
          ...(stepped ? { paths: stepped } : {}),
        }
      : {
          label: one.name,
          fill: () => colour(one.colour),
          points: { show: false },
          paths: bars(i, view.series.length),
        },
  );
  return {
    ...size,
    hooks,
    legend: { show: false },
    padding: [12, 18, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: isTime, y: false, setScale: isTime, dist: 5 },
    },
    scales: {
      x: isTime ? { time: false } : { time: false, range: [-0.5, binsOf(view) - 0.5] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] },
    },
    axes: [labelAxis(view, ink), valueAxis(view, ink)],
    series: [
      {},
      ...drawn,
      ...levels.map((one) => ({
        label: `${one.name}, least`,
        points: { show: false },
        ...(stepped ? { paths: stepped } : {}),
      })),
    ],
    bands: levels.map((one, i) => ({
      series: [view.series.indexOf(one) + 1, view.series.length + 1 + i],
      fill: () => faded(colour(one.colour)),
    })),
  };
}

function axis(ink: InkOf): uPlot.Axis {
  const line = { stroke: () => ink('--line'), width: 1 };
  return {
    font: FONT,
    stroke: () => ink('--ink'),
    grid: line,
    ticks: { ...line, size: 4 },
    gap: 4,
  };
}

function valueAxis(view: PlotView, ink: InkOf): uPlot.Axis {
  const decades = view.unit === 'count' ? DECADES.filter((step) => step >= 1) : DECADES;
  return {
    ...axis(ink),
    size: VALUE_AXIS,
    space: 26,
    incrs: view.unit === 'bytes' ? BINARY : decades,
    values: (_, splits) => splits.map((value) => axisText(view, value)),
  };
}

function labelAxis(view: PlotView, ink: InkOf): uPlot.Axis {
  const title = { labelFont: FONT, labelSize: 16, labelGap: 0, size: 26 };
  if (view.kind === 'time')
    return {
      ...axis(ink),
      ...title,
      label: `${unitOf(view).name} since the first event`,
      space: 60,
      values: (_, splits) =>
        splits.map((value) => Number(value.toPrecision(9)).toLocaleString('en')),
    };
  const { labels } = view;
  return {
    ...axis(ink),
    ...title,
    label: view.labelTitle,
    grid: { show: false },
    splits: (u) => {
      const each = Math.max(
        1,
        Math.ceil((labels.length * LABEL_SPACE) / (u.bbox.width / devicePixelRatio)),
      );
      return labels.flatMap((_, i) => (i % each === 0 ? [i] : []));
    },
    values: (_, splits) => splits.map((i) => labels[i] ?? ''),
  };
}

/** Bars of several series beside each other. What is there at all has a pixel. */
function bars(place: number, of: number): uPlot.Series.PathBuilder {
  return (u, series, from, to) => {
    const fill = new Path2D();
    const slot = u.valToPos(1, 'x', true) - u.valToPos(0, 'x', true);
    const width = Math.min((slot * 0.84) / of, 48 * devicePixelRatio);
    const zero = u.valToPos(0, 'y', true);
    for (let i = from; i <= to; i++) {
      const value = u.data[series]?.[i] ?? 0;
      if (value <= 0) continue;
      const left = u.valToPos(i, 'x', true) + (place - of / 2) * width;
      const top = Math.min(u.valToPos(value, 'y', true), zero - devicePixelRatio);
      fill.rect(left, top, Math.max(1, width - devicePixelRatio), zero - top);
    }
    return { fill, stroke: null, clip: null, band: null, gaps: [], flags: 0 };
  };
}

/** What lies between the lowest and the highest level. */
function faded(colour: string): string {
  const whole = /^#...$/.test(colour) ? colour.replace(/[^#]/g, '$&$&') : colour;
  return `${whole}38`;
}
