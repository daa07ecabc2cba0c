// SPDX-License-Identifier: GPL-2.0-only
// What the page's script plots: bins of a capture as plain data, made beside the tables that show the same numbers.

/** `#rrggbb`, or a variable of the page's style: `--before`. */
export type PlotColour = `#${string}` | `--${string}`;

export interface PlotSeries {
  readonly name: string;
  readonly colour: PlotColour;
  /** Of each bin: how many, or the highest level. */
  readonly values: readonly number[];
  /** The lowest level of each bin; empty for what is counted. */
  readonly least: readonly number[];
  /** A level of which only the highest value of each bin is known. */
  readonly isPeak: boolean;
}

export interface PlotView {
  /** Of the element that it is drawn in. */
  readonly id: string;
  readonly kind: 'time' | 'histogram';
  /** Plots over the same time: one is zoomed and walked with the others. */
  readonly group: string;
  /** What is seen, with its unit. */
  readonly title: string;
  /** One of several in a row. */
  readonly small: boolean;
  /** `rate`: values are divided by the time of a bin. */
  readonly unit: 'count' | 'rate' | 'bytes';
  /** What is counted: `requests`; empty for bytes. */
  readonly noun: string;
  /** Of a plot over time: nanoseconds of a bin. */
  readonly widthNs: number;
  /** Of a histogram: the name of each bin, `4 KiB`. */
  readonly labels: readonly string[];
  /** Of a histogram: what a label is, `size up to`. */
  readonly labelTitle: string;
  readonly series: readonly PlotSeries[];
}

type TimeOf = Pick<PlotView, 'id' | 'group' | 'title' | 'unit' | 'widthNs' | 'series'>;

export function timeView(of: TimeOf & Partial<Pick<PlotView, 'noun' | 'small'>>): PlotView {
  return { kind: 'time', labels: [], labelTitle: '', noun: '', small: false, ...of };
}

type HistogramOf = Pick<PlotView, 'id' | 'title' | 'noun' | 'labels' | 'labelTitle' | 'series'>;

export function histogramView(of: HistogramOf & Partial<Pick<PlotView, 'small'>>): PlotView {
  return { kind: 'histogram', group: '', unit: 'count', widthNs: 0, small: false, ...of };
}

export function plotSeries(
  name: string,
  colour: PlotColour,
  values: readonly number[],
  more: Partial<Pick<PlotSeries, 'least' | 'isPeak'>> = {},
): PlotSeries {
  return { ...{ name, colour, values, least: [], isPeak: false }, ...more };
}

/** Bins of a plot. */
export function binsOf({ kind, labels, series }: PlotView): number {
  return kind === 'histogram'
    ? labels.length
    : Math.max(0, ...series.map(({ values }) => values.length));
}

/** Whether there is anything to see. */
export function isEmpty({ series }: PlotView): boolean {
  return !series.some(({ values }) => values.some((value) => value > 0));
}
