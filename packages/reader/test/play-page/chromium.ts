// SPDX-License-Identifier: GPL-2.0-only
// Opens a page of the reader in the system's Chromium, and keeps what went wrong in it.

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
