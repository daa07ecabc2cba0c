// SPDX-License-Identifier: GPL-2.0-only
// What the page's script draws: charts as plain data, made beside the tables that show the same numbers.

import type { Html } from '../../show/html';

/** What the reader can choose by: a part that has a policy or group goes away with it. */
export interface Key {
  readonly policy: string | null;
  /** Index of the group of jobs. */
  readonly group: number | null;
}

export const ALWAYS_SHOWN: Key = { policy: null, group: null };

/** In place of a colour: that of the page's text. What is published has it. */
export const INK = 'ink';

/** One bar or point: a value, both ends of a range, or nothing. */
export type Mark = number | readonly [number, number] | null;

export interface SeriesView extends Key {
  readonly name: string;
  /** `#rrggbb`, or INK. */
  readonly colour: string;
  readonly look: 'simulated' | 'published' | 'range';
  /** Bars are hatched, lines dashed: the device reaches more than what is mapped. */
  readonly hatched: boolean;
  /** Decimals of its values; null: the chart's. */
  readonly digits: number | null;
  /** One for each of the chart's labels; empty in a chart of steps or points. */
  readonly marks: readonly Mark[];
  /** Of a chart of steps: each level lasts until the next. Of a chart of points: where they are, and what each is. */
  readonly steps: readonly { readonly x: number; readonly y: number; readonly text?: string }[];
}

/** A value across the whole chart, with its name beside it. */
export interface LineView extends Key {
  readonly value: number;
  readonly text: string;
  readonly colour: string;
}

/** A value of a logarithmic axis that has a name. */
export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface ChartView {
  /** Of its canvas. */
  readonly id: string;
  /** Bars beside each other, bars of parts lying on each other, lines over labels, levels over time, points over numbers. */
  readonly kind: 'bars' | 'stack' | 'lines' | 'steps' | 'points';
  readonly labels: readonly string[];
  /** One for each label, or none at all. */
  readonly labelKeys: readonly Key[];
  readonly labelTitle: string;
  readonly valueTitle: string;
  /** Behind a value: `MB/s`. */
  readonly unit: string;
  /** Decimals of a value. */
  readonly digits: number;
  readonly series: readonly SeriesView[];
  readonly lines: readonly LineView[];
  /** All that the logarithmic axis of values has; none: the usual. */
  readonly ticks: readonly Tick[];
  /** Where a logarithmic axis has its zero: below all values that there can be. It is one of the ticks. */
  readonly zeroAt: number | null;
  /** Switches that the chart has: a logarithmic axis of values or of time, shares in place of values. */
  readonly switches: readonly Switch[];
  /** Those that are on at first. */
  readonly on: readonly Switch[];
}

export type Switch = 'logValues' | 'logTime' | 'shares';

/** A chart with its table, and what there is to say about both. */
export interface Figure {
  readonly heading: string;
  readonly view: ChartView;
  /** What is shown. */
  readonly says: string;
  /** What signs behind names mean; empty: it has none. */
  readonly signs?: string;
  /** Which of its figures are published, or null: none. All others are simulated. */
  readonly published: string | null;
  readonly table: Html;
  /** Whether the table is long, and folded at first. */
  readonly folded: boolean;
}

export function series(
  name: string,
  colour: string,
  marks: readonly Mark[],
  more: Partial<Omit<SeriesView, 'name' | 'colour' | 'marks'>> = {},
): SeriesView {
  return {
    ...{ name, colour, marks, look: 'simulated', hatched: false, digits: null, steps: [] },
    ...ALWAYS_SHOWN,
    ...more,
  };
}

export function line(
  value: number,
  text: string,
  colour: string,
  key: Key = ALWAYS_SHOWN,
): LineView {
  return { value, text, colour, policy: key.policy, group: key.group };
}

type Usual = 'labels' | 'labelKeys' | 'lines' | 'ticks' | 'zeroAt' | 'switches' | 'on';

/** What most charts do not have may be left out. */
export function chartView(
  view: Omit<ChartView, Usual> & Partial<Pick<ChartView, Usual>>,
): ChartView {
  return {
    ...{ labels: [], labelKeys: [], lines: [], ticks: [], zeroAt: null, switches: [], on: [] },
    ...view,
  };
}
