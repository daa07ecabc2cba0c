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

/** One bar or point: a value, both ends of a range, or nothing. */
export type Mark = number | readonly [number, number] | null;

export interface SeriesView extends Key {
  readonly name: string;
  readonly colour: string;
  readonly look: 'simulated' | 'published' | 'range' | 'limit';
  /** One for each of the chart's labels; empty in a chart of steps. */
  readonly marks: readonly Mark[];
  /** Of a chart of steps: each level lasts until the next. */
  readonly steps: readonly { readonly x: number; readonly y: number }[];
}

export interface ChartView {
  /** Of its canvas. */
  readonly id: string;
  /** Bars beside each other, bars of parts lying on each other, lines over labels, levels over time. */
  readonly kind: 'bars' | 'stack' | 'lines' | 'steps';
  readonly labels: readonly string[];
  /** One for each label, or none at all. */
  readonly labelKeys: readonly Key[];
  readonly labelTitle: string;
  readonly valueTitle: string;
  readonly series: readonly SeriesView[];
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
  more: Partial<Pick<SeriesView, 'look' | 'steps' | 'policy' | 'group'>> = {},
): SeriesView {
  return { name, colour, marks, look: 'simulated', steps: [], ...ALWAYS_SHOWN, ...more };
}
