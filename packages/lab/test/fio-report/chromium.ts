// SPDX-License-Identifier: GPL-2.0-only
// Opens a file in the system's Chromium, and keeps what went wrong in it.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
    // Few processes: starting more, and talking between them, took 4 to 18 % of the CPU time of the reader's tests.
    args: [
      '--disable-gpu',
      '--in-process-gpu',
      '--process-per-site',
      '--renderer-process-limit=1',
      ...(root ? ['--no-sandbox'] : []),
    ],
  });
}

/** For a `before` of tests that need one: skips them aloud where there is none. */
export async function chromiumFor(test: Mocha.Context): Promise<Browser> {
  const path = findChromium();
  if (path === undefined) {
    console.log('      SKIPPED: no Chromium on the PATH or in CHROMIUM (Debian: chromium)');
    test.skip();
  }
  return startChromium(path);
}

export interface Opened {
  readonly page: Page;
  /** What must stay empty: errors, dialogs, requests for anything but the file. */
  readonly wrong: readonly string[];
}

export async function open(
  browser: Browser,
  file: string,
  width: number,
  scheme: 'light' | 'dark' = 'light',
): Promise<Opened> {
  const page = await browser.newPage();
  const url = pathToFileURL(file).href;
  const wrong: string[] = [];
  page.on('console', (message) => wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${String(error)}`));
  page.on('request', (request) => {
    if (request.url() !== url) wrong.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
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

/**
 * What axe finds serious or critical, as `rule: target`. It runs beside the page's policy, in the debugger's context.
 * @param rules default: all
 */
export async function axe(page: Page, rules?: readonly string[]): Promise<string[]> {
  const only = rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } };
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  return (await page.evaluate(`(async () => {
    const { violations } = await axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...only })});
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' ')));
  })()`)) as string[];
}
