// SPDX-License-Identifier: GPL-2.0-only
// Opens a page of the reader in the system's Chromium, and keeps what went wrong in it.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { type Opened, watchedPage } from '../chromium';

export interface View {
  /** Pixels. */
  readonly width: number;
  readonly scheme?: 'light' | 'dark';
  /** The part of the address after the #. */
  readonly hash?: string;
  readonly motion?: 'reduce' | 'no-preference';
}

export async function open(browser: Browser, file: string, view: View): Promise<Opened> {
  const url = pathToFileURL(file).href;
  const { page, wrong } = await watchedPage(
    browser,
    (request) => request.url().replace(/#.*/, '') === url,
  );
  await page.setViewport({ width: view.width, height: 900 });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: view.scheme ?? 'light' },
    { name: 'prefers-reduced-motion', value: view.motion ?? 'reduce' },
  ]);
  await page.goto(`${url}#${view.hash ?? ''}`, { waitUntil: 'load' });
  return { page, wrong };
}

/** How much wider the page is than the window: 0 where nothing has to be scrolled sideways. */
export async function overflow(page: Page): Promise<number> {
  return (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number;
}

/** Rules about colours. */
export const COLOURS = ['color-contrast'];
/** Rules about where things are. */
export const PLACES = ['scrollable-region-focusable', 'region'];

/**
 * What axe finds serious or critical, as `rule: target`. It runs beside the page's policy, in the debugger's context.
 * @param rules all of axe's if they are left out
 */
export async function axe(page: Page, rules?: readonly string[]): Promise<string[]> {
  const script = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(`globalThis.axe ?? (() => { ${script} })()`);
  const options = { resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) };
  return (await page.evaluate(`(async () => {
    const { violations } = await axe.run(document, ${JSON.stringify(options)});
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' ')));
  })()`)) as string[];
}
