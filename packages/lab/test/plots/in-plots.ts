// SPDX-License-Identifier: GPL-2.0-only
// Questions to an open page with plots.

import { expect } from 'chai';
import type { KeyInput, Page } from 'puppeteer-core';
import { coloursOf } from '../pixels';

/** Scrolls through the page, so that all is drawn, and lets it draw. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) { scrollTo(0, y); await frame(); }
    scrollTo(0, 0);
    await frame();
  })()`);
}

/** A plot has a canvas that fits its place, and marks on it. @returns the colours that at least 10 pixels have */
export async function expectDrawn(page: Page, id: string): Promise<string[]> {
  const { box, canvas, colours } = (await page.evaluate(`(() => {
    const box = document.getElementById(${JSON.stringify(id)});
    const canvas = box.querySelector('canvas');
    const size = (one) => { const { width, height } = one.getBoundingClientRect(); return { width, height }; };
    return {
      box: size(box), canvas: size(canvas),
      colours: ${coloursOf('canvas', 10)},
    };
  })()`)) as { box: Size; canvas: Size; colours: string[] };
  expect(canvas.width, id).to.be.closeTo(box.width, 1);
  expect(canvas.height, id).to.be.closeTo(box.height, 1);
  expect(colours.length, id).to.be.above(1);
  return colours;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A colour of the page's style as `r,g,b`. */
export async function inkOf(page: Page, name: string): Promise<string> {
  const hex = (await page.evaluate(
    `getComputedStyle(document.documentElement).getPropertyValue('${name}').trim()`,
  )) as string;
  return [1, 3, 5].map((i) => String(parseInt(hex.slice(i, i + 2), 16))).join(',');
}

export interface Said {
  /** The bin. */
  readonly now: number;
  readonly text: string;
}

/** Goes to a plot and presses keys: what it says then. */
export async function walk(page: Page, id: string, ...keys: readonly KeyInput[]): Promise<Said> {
  await page.focus(`[id="${id}"]`);
  for (const key of keys) await page.keyboard.press(key);
  const { now, text } = await said(page, id);
  return { now, text };
}

/** What a plot says, and which part of its time it shows, as its outer labels have it. */
export async function said(page: Page, id: string): Promise<Said & { span: [number, number] }> {
  return (await page.evaluate(`(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const box = document.getElementById(${JSON.stringify(id)});
    const { min, max } = box.plot.scales.x;
    return {
      now: Number(box.getAttribute('aria-valuenow')),
      text: box.getAttribute('aria-valuetext'),
      span: [min, max],
    };
  })()`)) as Said & { span: [number, number] };
}

/** On paper: which tables can be seen, and how much there is to be clicked. */
export async function paper(page: Page): Promise<{ tables: boolean[]; controls: number }> {
  await page.emulateMediaType('print');
  return (await page.evaluate(`({
    tables: [...document.querySelectorAll('details table')].map((one) => one.checkVisibility() && one.getBoundingClientRect().height > 0),
    controls: [...document.querySelectorAll('button, .plot-keys, .self')].filter((one) => one.checkVisibility()).length,
  })`)) as { tables: boolean[]; controls: number };
}
