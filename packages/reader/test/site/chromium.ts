// SPDX-License-Identifier: GPL-2.0-only
// Opens a page of the site in the system's Chromium, and keeps what went wrong in it.

import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { type Opened, watchedPage } from '../chromium';

export interface Look {
  readonly width: number;
  readonly scheme?: 'light' | 'dark';
  readonly touch?: boolean;
}

/** @param anchor the part of the address after the # */
export async function open(
  browser: Browser,
  file: string,
  look: Look,
  anchor = '',
): Promise<Opened> {
  const { page, wrong } = await watchedPage(
    browser,
    (request) => request.resourceType() === 'document',
  );
  const { width, scheme = 'light', touch = false } = look;
  await page.setViewport({ width, height: 800, hasTouch: touch, isMobile: touch });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(`${pathToFileURL(file).href}${anchor === '' ? '' : `#${anchor}`}`, {
    waitUntil: 'load',
  });
  await settled(page);
  return { page, wrong };
}

/** Waits until the page has drawn what it scrolled to. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(
    'new Promise((done) => { let n = 5; const next = () => n-- > 0 ? requestAnimationFrame(next) : done(); next(); })',
  );
}

/** What an expression of the page gives. */
export async function ask<T>(page: Page, expression: string): Promise<T> {
  return (await page.evaluate(expression)) as T;
}
