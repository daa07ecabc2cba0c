// SPDX-License-Identifier: GPL-2.0-only
// What all charts of the page have in common: Chart.js, its colours, its axes.

import type { Chart as ChartClass, ChartConfiguration } from 'chart.js';
import { otherColour, policyColour } from '../../charts/colours';
import { Ink } from '../../charts/page/ink';
import type { ColumnData } from '../data';
import { headOf, measureText, numberText } from '../model/text';

const Chart = Reflect.get(window, 'Chart') as typeof ChartClass;
export const ink = new Ink();

const DASHES = [[], [6, 3], [2, 3]];
/** Colours that can be told apart; then lines are dashed. */
const COLOURS = 5;

/** A chart in a canvas, drawn anew with each configuration. */
export class Drawn {
  private chart: ChartClass | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {}

  draw(config: object): void {
    this.chart?.destroy();
    Chart.defaults.color = ink.of('--ink');
    Chart.defaults.font.family = 'system-ui, sans-serif';
    // Chart.js's own types know no null in data, and no object for a chart of any kind.
    this.chart = new Chart(this.canvas, config as ChartConfiguration);
  }

  destroy(): void {
    this.chart?.destroy();
    this.chart = null;
  }
}

/** An axis of a column's values, which are drawn in its unit: so its ticks are round. */
export function axis(column: ColumnData, isLog: boolean, more: object = {}): object {
  const text = (value: number): string =>
    column.kind === 'boolean' ? measureText(column, value) : numberText(value);
  return {
    type: isLog ? 'logarithmic' : 'linear',
    title: { display: true, text: headOf(column) },
    grid: { color: ink.of('--line') },
    ticks: {
      maxRotation: 0,
      callback: (value: number) => (isLog && !isRound(value) ? '' : text(value)),
    },
    ...more,
  };
}

/** 1, 2 and 5 of each decade. */
function isRound(value: number): boolean {
  const first = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((one) => Math.abs(first - one) < 1e-6);
}

export interface LineLook {
  readonly colour: string;
  readonly dash: readonly number[];
}

/** Of lines with these names: a policy has its own colour. */
export function lineLooks(names: readonly string[]): LineLook[] {
  const isPolicies = names.every((name) => policyColour(name) !== otherColour(0));
  return names.map((name, i) => ({
    colour: isPolicies ? policyColour(name) : otherColour(i % COLOURS),
    dash: isPolicies ? [] : (DASHES[Math.floor(i / COLOURS) % DASHES.length] ?? []),
  }));
}
