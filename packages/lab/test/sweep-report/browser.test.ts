// SPDX-License-Identifier: GPL-2.0-only
// The page of a sweep in a real browser: what is drawn, filtered, sorted, copied; in both schemes, on a phone, on paper.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { sweepReport } from '../../src/reports/sweep';
import { axe, chromiumFor } from '../../../reader/test/chromium';
import { LOOKS, open, overflow } from '../fio-report/chromium';
import { coloursOf } from '../pixels';
import { POLICIES, type Sample, noise, rowsOf, sweptOf, wordsOf } from './sample';

const LONG = process.env['TEST_LONG'] === '1';
/** A4 without its margins, in CSS pixels. */
const PAPER = 700;
const HOSTILE = `<img src=x onerror="alert(document.title='in')">`;

/** All that columns can be, with names that would be HTML. */
const HARD: Sample = {
  axes: [
    { name: HOSTILE, values: [HOSTILE, null, 'a'.repeat(200)] },
    { name: 'n', kind: 'number', values: Array.from({ length: 60 }, (_, i) => i * 7) },
  ],
  columns: [
    { name: 'x', value: (_, point) => (point % 9 === 0 ? null : noise(point)) },
    { name: 'y', value: (_, point) => (point % 7 === 0 ? Infinity : noise(point + 1) * 1e12) },
    { name: 'same', value: () => 5 },
    { name: 'none', value: () => null },
    { name: 'why', kind: 'string', value: (_, point) => `${HOSTILE} ${String(point % 50)}` },
  ],
  failed: new Map([[3, HOSTILE]]),
  status: (point) => Number(point === 4),
};

const PAGES: Readonly<Record<string, readonly [Sample, number?]>> = {
  policies: [POLICIES],
  hard: [HARD],
  some: [HARD, 50],
  one: [{ axes: [{ name: 'a', values: ['x'] }], columns: [{ name: 'n', value: () => 1 }] }],
  parameter: [
    {
      axes: [{ name: 'a', kind: 'number', values: [1, 2, 4] }],
      columns: [{ name: 'n', value: ({ a }) => Number(a) * 2 }],
    },
  ],
  texts: [
    {
      axes: [{ name: 'a', values: ['x', 'y'] }],
      columns: [{ name: 't', kind: 'string', value: () => 'z' }],
    },
  ],
  failed: [
    {
      axes: [{ name: 'a', values: ['x'] }],
      columns: [{ name: 'n', value: () => 1 }],
      failed: new Map([[0, 'why']]),
    },
  ],
};

(LONG ? describe : describe.skip)('the page of a sweep in Chromium @long', function () {
  this.timeout(400_000);
  let browser: Browser;
  let folder = '';
  const fileOf = (name: string): string => join(folder, `${name}.html`);

  before(async function () {
    browser = await chromiumFor(this);
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
    for (const [name, [sample, most]] of Object.entries(PAGES))
      writeFileSync(fileOf(name), sweepReport(sweptOf(sample), 'iommu-bounce sweep x', most));
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  async function on(name: string, look: (page: Page) => Promise<void>): Promise<void> {
    const { page, wrong } = await open(browser, fileOf(name), 1280);
    await look(page);
    expect(wrong).to.deep.equal([]);
    await page.close();
  }

  for (const name of Object.keys(PAGES))
    for (const [width, scheme] of [
      [1280, 'light'],
      // Has what the page 'hard' has.
      ...(name === 'some' ? [] : ([[390, 'dark']] as const)),
    ] as const)
      it(`of ${name}: nothing goes wrong at ${String(width)} pixels, ${scheme}`, async () => {
        const { page, wrong } = await open(browser, fileOf(name), width, scheme);
        expect(await overflow(page)).to.equal(0);
        expect(await axe(page, width > 1000 ? undefined : LOOKS)).to.deep.equal([]);
        expect(await text(page, '#choose-body .shown')).to.match(/^\d+ of \d+ points shown/);
        expect(wrong).to.deep.equal([]);
        await page.close();
      });

  for (const name of ['policies', 'hard'])
    it(`of ${name}: fits on paper, where nothing can be clicked`, async () => {
      const { page, wrong } = await open(browser, fileOf(name), PAPER);
      await page.emulateMediaType('print');
      expect(await overflow(page)).to.equal(0);
      const controls = `[...document.querySelectorAll('button, input, select')].filter((one) => one.checkVisibility()).length`;
      expect(await page.evaluate(controls)).to.equal(0);
      expect(wrong).to.deep.equal([]);
      await page.close();
    });

  it('draws each chart in its place', async () => {
    await on('policies', async (page) => {
      const charts =
        (await page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
        const { width, height } = canvas.getBoundingClientRect();
        return { width, height, colours: ${coloursOf('canvas', 20)}.length };
      })`)) as { width: number; height: number; colours: number }[];
      // A chart for reads, one for writes, and the front.
      expect(charts).to.have.length(3);
      for (const { width, height, colours } of charts) {
        expect(width).to.be.above(200);
        expect(height).to.be.above(150);
        expect(colours).to.be.above(2);
      }
    });
  });

  it('shows in each cell of a map the mean of its points, and reads it out under the keys', async () => {
    await on('policies', async (page) => {
      const cells = (await page.evaluate(
        `[...document.querySelectorAll('.map td')].map((td) => [td.textContent, td.getAttribute('aria-label')])`,
      )) as [string, string][];
      expect(cells).to.have.length(9);
      const own = rowsOf(POLICIES).filter((row) => row['policy'] === 'none' && row['bs'] === '4k');
      const mean = own.reduce((sum, row) => sum + Number(row['bandwidth']), 0) / own.length / 1e9;
      // Down are policies, across are sizes, or the other way round.
      const first = cells.find(
        ([, label]) => label.includes('policy none') && label.includes('bs 4k'),
      );
      expect(Number(first?.[0])).to.be.closeTo(mean, 5e-4);
      expect(first?.[1]).to.match(/mean 1\.\d+ GB\/s, 1\.\d+ to 1\.\d+, 6 points$/);
      await page.focus('.map td[tabindex="0"]');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      expect(await text(page, '#map-body .says')).to.equal(cells[4]?.[1]);
      await page.keyboard.press('Enter');
      expect(await text(page, '#choose-body .shown')).to.equal(
        '6 of 54 points shown, as 2 without their seeds.',
      );
      expect(
        await page.evaluate(`document.querySelectorAll('#points-body tbody tr').length`),
      ).to.equal(2);
      await click(page, '#choose-body', 'Show all points');
      expect(await text(page, '#choose-body .shown')).to.match(/^54 of 54/);
    });
  });

  it('follows filters everywhere', async () => {
    await on('policies', async (page) => {
      await page.click('#choose-body .filters fieldset input[type=checkbox]');
      expect(await text(page, '#choose-body .shown')).to.match(/^36 of 54 points shown/);
      expect(await text(page, '#map-body .map')).not.to.include('none');
      expect(await text(page, '#points-body'))
        .to.include('36 of 54')
        .and.not.to.include('none');
      expect(await text(page, '#front-body p')).to.include('of 12 points are on the front');
      expect(await text(page, '#best-body')).not.to.include('policy none');
      const range = '#choose-body fieldset[data-column=bandwidth] input[aria-label$="at least"]';
      await page.type(range, '1.9');
      await page.keyboard.press('Enter');
      const left = rowsOf(POLICIES).filter(
        (row) => row['policy'] !== 'none' && Number(row['bandwidth']) >= 1.9e9,
      );
      expect(left.length).to.be.within(1, 35);
      expect(await text(page, '#choose-body .shown')).to.include(
        `${String(left.length)} of 54 points`,
      );
    });
  });

  it('finds the other front when less becomes better', async () => {
    await on('policies', async (page) => {
      const front = `document.querySelector('#front-body details').textContent`;
      const before = await page.evaluate(front);
      await page.evaluate(`(() => {
        const select = document.querySelector('#best-body select');
        select.selectedIndex = 1;
        select.dispatchEvent(new Event('change'));
      })()`);
      expect(await page.evaluate(front)).to.not.equal(before);
      const rows = rowsOf(POLICIES);
      const least = Math.min(...rows.map((row) => Number(row['bandwidth'])));
      expect(least / 1e9).to.be.above(0.9);
      expect(await text(page, '#best-body tbody')).to.match(/1\.\d+ GB\/s, mean of 3 seeds/);
    });
  });

  it('sorts the table by any column, up and down, what has no value last; and goes through its pages', async () => {
    await on('hard', async (page) => {
      const column = (): Promise<string[]> =>
        page.evaluate(
          `[...document.querySelectorAll('#points-body tbody tr')].map((row) => row.cells[3].textContent)`,
        ) as Promise<string[]>;
      await click(page, '#points-body thead', 'x');
      const up = (await column()).map(Number);
      expect(up).to.deep.equal([...up].sort((a, b) => a - b));
      expect(up).to.have.length(25);
      expect(await page.evaluate(`document.activeElement.textContent`)).to.equal('x ▲');
      await click(page, '#points-body thead', 'x ▲');
      const down = (await column()).map(Number);
      expect(down).to.deep.equal([...down].sort((a, b) => b - a));
      expect(down[0]).to.be.above(up.at(-1) ?? 0);
      const sorted = `document.querySelectorAll('#points-body th[aria-sort=descending]').length`;
      expect(await page.evaluate(sorted)).to.equal(1);
      await click(page, '#points-body .pages', 'Last');
      expect(new Set(await column())).to.deep.equal(new Set(['–']));
      expect(await text(page, '#points-body p')).to.include('Rows 176 to 179 of 179.');
    });
  });

  it('has the command of each point, to be copied', async () => {
    await on('policies', async (page) => {
      await click(page, '#points-body tbody', 'Command');
      const lines = (await page.evaluate(
        `[...document.querySelectorAll('#points-body .detail code')].map((one) => one.textContent)`,
      )) as string[];
      const rows = rowsOf(POLICIES).slice(0, 3);
      // One for each seed.
      expect(lines).to.deep.equal(rows.map((row) => wordsOf(POLICIES, row).join(' ')));
      await click(page, '#points-body .detail', 'Copy');
      const says = `document.querySelector('#points-body .detail button').textContent`;
      await page.waitForFunction(`${says} !== 'Copy'`);
      const said = (await page.evaluate(says)) as string;
      if (said !== 'Copied')
        expect(await page.evaluate('String(getSelection())')).to.equal(lines[0]);
      await click(page, '#choose-body', 'Join points');
      expect(await text(page, '#points-body p')).to.include('Rows 1 to 25 of 54.');
    });
  });

  it('says of a map whether it has all points where the page has some', async () => {
    await on('some', async (page) => {
      expect(await text(page, '#choose-body .shown')).to.match(
        /^(\d+) of \1 points shown; 1\d\d more are not in this page\.$/,
      );
      expect(await text(page, '#map-body > p')).to.include('All 179 points are in it.');
      await page.click('#choose-body .filters input[type=checkbox]');
      expect(await text(page, '#map-body > p')).to.match(/of \d+ points shown; 1\d\d more/);
    });
  });

  it('is a table of the first rows without a script', async () => {
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(false);
    await page.goto(`file://${fileOf('policies')}`);
    expect(await text(page, '#points')).to.include('The first 50 of 54 points');
    expect(await page.evaluate(`document.querySelectorAll('#points tbody tr').length`)).to.equal(
      50,
    );
    expect(await text(page, '#map')).to.include('A script draws this part.');
    await page.close();
  });
});

async function text(page: Page, selector: string): Promise<string> {
  return (await page.evaluate(
    `document.querySelector(${JSON.stringify(selector)}).textContent.replace(/\\s+/g, ' ').trim()`,
  )) as string;
}

/** Clicks what has this text or begins with it, in a part of the page. */
async function click(page: Page, part: string, label: string): Promise<void> {
  const found = await page.evaluate(`(() => {
    const all = [...document.querySelector(${JSON.stringify(part)}).querySelectorAll('button, label')];
    const one = all.find((own) => own.textContent === ${JSON.stringify(label)}) ?? all.find((own) => own.textContent.startsWith(${JSON.stringify(label)}));
    one?.click();
    return one !== undefined;
  })()`);
  expect(found, label).to.equal(true);
}
