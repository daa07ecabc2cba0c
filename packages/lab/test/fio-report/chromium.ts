// SPDX-License-Identifier: GPL-2.0-only
// Opens a file in the system's Chromium, and keeps what went wrong in it.

import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { type Opened, watchedPage } from '../../../reader/test/chromium';

/** Nothing but the file may be asked for. */
export async function open(
  browser: Browser,
  file: string,
  width: number,
  scheme: 'light' | 'dark' = 'light',
): Promise<Opened> {
  const url = pathToFileURL(file).href;
  const { page, wrong } = await watchedPage(browser, (request) => request.url() === url);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(url, { waitUntil: 'load' });
  return { page, wrong };
}

/** How much wider the page is than the window: 0 where nothing has to be scrolled sideways. */
export async function overflow(page: Page): Promise<number> {
  return (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number;
}

/** Rules whose result depends on the scheme and the width: for a page that all rules have seen in another scheme, at another width. */
export const LOOKS = ['color-contrast', 'scrollable-region-focusable', 'target-size'] as const;
