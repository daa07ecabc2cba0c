// SPDX-License-Identifier: GPL-2.0-only
// Bins as the columns of numbers that uPlot takes.

import { type PlotView, binsOf } from '../view';
import { type TimeUnit, timeUnit, valueOf } from '../words';

export function unitOf(view: PlotView): TimeUnit {
  return timeUnit(binsOf(view) * view.widthNs);
}

/** Of a plot over time: where its bins begin, in its unit, and where the last one ends. Of a histogram: their numbers. */
export function positions(view: PlotView): number[] {
  const bins = binsOf(view);
  if (view.kind === 'histogram') return Array.from({ length: bins }, (_, i) => i);
  const unit = unitOf(view);
  return Array.from({ length: bins + 1 }, (_, i) => (i * view.widthNs) / unit.ns);
}

/** Highest levels, then the lowest ones; the last bin once more at its end. */
export function plotData(view: PlotView): number[][] {
  const all = [
    ...view.series.map(({ values }) => values),
    ...view.series.flatMap(({ least }) => (least.length > 0 ? [least] : [])),
  ];
  const length = binsOf(view);
  return all.map((values) => {
    const own = Array.from({ length }, (_, i) => valueOf(view, values[i] ?? 0));
    return view.kind === 'time' ? [...own, own.at(-1) ?? 0] : own;
  });
}
