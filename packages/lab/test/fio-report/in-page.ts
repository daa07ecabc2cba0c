// SPDX-License-Identifier: GPL-2.0-only
// Questions to an open report: what its charts hold and where they have drawn it, what its tables say.

import type { Page } from 'puppeteer-core';
import { coloursOf } from '../pixels';

export interface DrawnSeries {
  readonly label: string;
  readonly data: readonly (number | readonly number[] | { x: number; y: number } | null)[];
  /** Boxes of bars or places of points, in pixels of the canvas. */
  readonly at: readonly { x: number; y: number; base: number; width: number }[];
}

export interface DrawnChart {
  readonly labels: readonly string[];
  readonly series: readonly DrawnSeries[];
  readonly scales: { readonly x: string; readonly y: string };
  readonly area: { left: number; right: number; top: number; bottom: number };
  readonly canvas: { readonly width: number; readonly height: number; readonly right: number };
  /** Colours that at least 20 pixels have, as `r,g,b`. */
  readonly colours: readonly string[];
}

export async function chart(page: Page, id: string): Promise<DrawnChart> {
  const found: unknown = await page.evaluate(`(() => {
    const canvas = document.getElementById(${JSON.stringify(id)});
    const c = Chart.getChart(canvas);
    const box = canvas.getBoundingClientRect();
    return {
      labels: c.data.labels,
      series: c.data.datasets.map((set, s) => ({
        label: set.label,
        data: set.data,
        at: c.getDatasetMeta(s).data.map((e) => {
          const { x, y, base = 0, width = 0 } = e.getProps(['x', 'y', 'base', 'width'], true);
          return { x, y, base, width };
        }),
      })),
      scales: { x: c.scales.x.type, y: c.scales.y.type },
      area: { ...c.chartArea },
      canvas: { width: box.width, height: box.height, right: box.right },
      colours: ${coloursOf('canvas', 20)},
    };
  })()`);
  return found as DrawnChart;
}

export async function chartIds(page: Page): Promise<string[]> {
  return (await page.evaluate(
    `[...document.querySelectorAll('canvas')].map(({ id }) => id)`,
  )) as string[];
}

/** Rows of a section's first table: of each cell its number, or its text where it has none. Hidden rows are left out. */
export async function table(page: Page, id: string): Promise<(number | string)[][]> {
  return (await page.evaluate(`
    [...document.querySelector('#section-${id} table').tBodies[0].rows].filter((row) => !row.hidden).map((row) =>
      [...row.cells].map((cell) => {
        const data = cell.querySelector('data');
        return data ? Number(data.getAttribute('value')) : cell.textContent.trim();
      }))
  `)) as (number | string)[][];
}

/** `#0f9d75` as `15,157,117`. */
export function rgb(hex: string): string {
  return [1, 3, 5].map((i) => String(parseInt(hex.slice(i, i + 2), 16))).join(',');
}
