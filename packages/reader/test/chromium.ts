// SPDX-License-Identifier: GPL-2.0-only
// The system's Chromium, and what goes wrong in a page of it.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Browser, type HTTPRequest, type Page, launch } from 'puppeteer-core';

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
  /** What must stay empty: errors, violations of the page's policy, dialogs, requests that are not allowed. */
  readonly wrong: readonly string[];
}

/** A new page that is watched from its first request on. */
export async function watchedPage(
  browser: Browser,
  isAllowed: (request: HTTPRequest) => boolean,
): Promise<Opened> {
  const page = await browser.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${String(error)}`));
  page.on('request', (request) => {
    if (!isAllowed(request)) wrong.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, wrong };
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
