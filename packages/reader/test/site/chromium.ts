// SPDX-License-Identifier: GPL-2.0-only
// Opens a page of the site in the system's Chromium, and keeps what went wrong in it.

import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, launch } from 'puppeteer-core';

/** What CHROMIUM names, or else the first of these on the PATH. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  for (const name of named ? [named] : NAMES) {
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return undefined;
}

export function startChromium(executablePath: string): Promise<Browser> {
  const root = process.getuid?.() === 0;
  return launch({
    executablePath,
    headless: true,
    args: ['--disable-gpu', ...(root ? ['--no-sandbox'] : [])],
  });
}

export interface Opened {
  readonly page: Page;
  /** What must stay empty: errors, remarks such as those on the content policy, dialogs, requests that are no page. */
  readonly wrong: readonly string[];
}

export interface Look {
  readonly width: number;
  readonly scheme?: 'light' | 'dark';
  readonly touch?: boolean;
}

/** @param anchor what the address has behind the # */
export async function open(
  browser: Browser,
  file: string,
  look: Look,
  anchor = '',
): Promise<Opened> {
  const page = await browser.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${String(error)}`));
  page.on('request', (request) => {
    if (request.resourceType() !== 'document') wrong.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
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
