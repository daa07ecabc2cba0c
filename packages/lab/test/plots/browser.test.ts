// SPDX-License-Identifier: GPL-2.0-only
// Plots in a real browser: they are drawn in both schemes, walked and zoomed with keys, mouse and fingers, and printed.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { chromiumFor } from '../../../reader/test/chromium';
import { open, overflow } from '../fio-report/chromium';
import { expectDrawn, inkOf, paper, said, settled, walk } from './in-plots';
import { BINS, samplePage } from './pages';

const RATE = 'plot-rate';
const SMALL = 'plot-small';
/** Bins of the small plot for each of a wide one. */
const JOINED = 4;

const LONG = process.env['TEST_LONG'] === '1';

(LONG ? describe : describe.skip)('plots in Chromium @long', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder = '';
  let file = '';

  before(async function () {
    browser = await chromiumFor(this);
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
    file = join(folder, 'plots.html');
    writeFileSync(file, samplePage());
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  async function on(width: number, look: (page: Page) => Promise<void>): Promise<void> {
    const { page, wrong } = await open(browser, file, width);
    await settled(page);
    await look(page);
    expect(wrong).to.deep.equal([]);
    await page.close();
  }

  for (const width of [1280, 390])
    for (const scheme of ['light', 'dark'] as const)
      it(`are drawn at ${String(width)} pixels, ${scheme}, and nothing scrolls sideways`, async () => {
        const { page, wrong } = await open(browser, file, width, scheme);
        await settled(page);
        expect(await overflow(page)).to.equal(0);
        const ink = await inkOf(page, '--after');
        expect(ink).to.equal(scheme === 'light' ? '11,110,79' : '76,195,138');
        expect(await expectDrawn(page, RATE)).to.include(ink);
        for (const id of ['plot-bytes', SMALL, 'plot-sizes']) await expectDrawn(page, id);
        expect(wrong).to.deep.equal([]);
        await page.close();
      });

  it('follow the scheme when it changes', async () => {
    await on(800, async (page) => {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
      await settled(page);
      expect(await expectDrawn(page, RATE))
        .to.include('76,195,138')
        .and.not.to.include('11,110,79');
    });
  });

  it('are walked with arrow keys, and tell the value of each bin', async () => {
    await on(800, async (page) => {
      expect(await walk(page, RATE)).to.deep.include({ now: 0 });
      expect(await walk(page, RATE, 'ArrowRight')).to.deep.equal({
        now: 1,
        text: '0.005 s: before the series: 12,400 requests/s; recorded: 12,400 requests/s; whole series: 1,800 requests/s',
      });
      expect((await walk(page, RATE, 'ArrowLeft', 'ArrowLeft')).now).to.equal(0);
      expect((await walk(page, RATE, 'PageDown')).now).to.equal(BINS / 10);
      const end = await walk(page, RATE, 'End');
      expect(end.now).to.equal(BINS - 1);
      expect(end.text).to.match(/^9\.995 s: /);
      expect((await walk(page, RATE, 'Home')).now).to.equal(0);
      const [seen, role, name] = (await page.evaluate(`(() => {
        const box = document.getElementById('${RATE}');
        const says = box.parentElement.querySelector('.plot-says').textContent;
        return [says, box.getAttribute('role'), box.getAttribute('aria-label')];
      })()`)) as string[];
      expect(seen).to.match(/^0\.000 s: before the series/);
      expect([role, name]).to.deep.equal(['slider', 'Plot: Requests to the IOMMU per second']);
    });
  });

  it('put the cursor where the bin is', async () => {
    await on(800, async (page) => {
      await walk(page, RATE, 'PageDown', 'PageDown', 'PageDown', 'PageDown', 'PageDown');
      const share = (await page.evaluate(`(() => {
        const over = document.querySelector('#${RATE} .u-over').getBoundingClientRect();
        const line = document.querySelector('#${RATE} .u-cursor-x').getBoundingClientRect();
        return (line.right - over.left) / over.width;
      })()`)) as number;
      expect(share).to.be.closeTo(0.5, 0.01);
    });
  });

  it('walk and zoom together, and show the whole again', async () => {
    await on(800, async (page) => {
      const all = await said(page, RATE);
      expect(all.span).to.deep.equal([0, 10]);
      await walk(page, RATE, 'PageDown', '+', '+');
      const zoomed = await said(page, RATE);
      expect(zoomed.span[1] - zoomed.span[0]).to.be.closeTo(2.5, 0.02);
      expect(zoomed.span[0]).to.be.below(1).and.above(0);
      const small = await said(page, SMALL);
      expect(small.span[0]).to.be.closeTo(zoomed.span[0], 0.001);
      expect(small.now).to.equal(Math.floor(BINS / 10 / JOINED));
      // The page that is shown goes along.
      await walk(page, RATE, 'End', 'ArrowRight');
      const moved = await said(page, RATE);
      expect(moved.span[1]).to.be.closeTo(zoomed.span[1] + 0.005, 0.001);
      await walk(page, RATE, '-', '0');
      expect((await said(page, RATE)).span).to.deep.equal([0, 10]);
      expect((await said(page, SMALL)).span).to.deep.equal([0, 10]);
    });
  });

  it('are not zoomed below some bins, nor above all of them', async () => {
    await on(800, async (page) => {
      await walk(page, RATE, ...Array<'+'>(20).fill('+'));
      const { span } = await said(page, RATE);
      expect(span[1] - span[0]).to.be.closeTo(8 * 0.005, 1e-6);
      await walk(page, RATE, ...Array<'-'>(20).fill('-'));
      expect((await said(page, RATE)).span).to.deep.equal([0, 10]);
    });
  });

  it('leave other keys to the browser', async () => {
    await on(800, async (page) => {
      await walk(page, RATE, 'Tab');
      expect(await page.evaluate('document.activeElement.dataset.zoom')).to.equal('in');
      await page.keyboard.press('Enter');
      await settled(page);
      expect((await said(page, RATE)).span).to.not.deep.equal([0, 10]);
    });
  });

  it('are zoomed by dragging and reset by a double click', async () => {
    await on(800, async (page) => {
      const over = await page.$(`#${RATE} .u-over`);
      const box = await over?.boundingBox();
      if (!box) throw new Error('no plot');
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.25, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.5, y, { steps: 5 });
      await page.mouse.up();
      await settled(page);
      const { span } = await said(page, SMALL);
      expect(span[0]).to.be.closeTo(2.5, 0.05);
      expect(span[1]).to.be.closeTo(5, 0.05);
      await page.mouse.click(box.x + box.width / 2, y, { count: 2 });
      await settled(page);
      expect((await said(page, RATE)).span).to.deep.equal([0, 10]);
    });
  });

  it('of sizes tell each bar, and are not zoomed', async () => {
    await on(800, async (page) => {
      expect(
        (await walk(page, 'plot-sizes', '+', 'ArrowRight', 'ArrowRight', 'ArrowRight')).text,
      ).to.equal('size up to 4 KiB: TO_DEVICE: 9,000 mappings; FROM_DEVICE: 15,000 mappings');
    });
  });

  it('keep their tables on paper, and nothing to be clicked', async () => {
    await on(700, async (page) => {
      const { tables, controls } = await paper(page);
      expect(tables).to.deep.equal([true, true, true, true]);
      expect(controls).to.equal(0);
      expect(await overflow(page)).to.equal(0);
    });
  });

  it('are tables alone without a script', async () => {
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(false);
    await page.goto(`file://${file}`);
    const shown = (await page.evaluate(
      `[...document.querySelectorAll('figure, .plot-keys, details')].map((one) => [one.tagName, one.checkVisibility()])`,
    )) as [string, boolean][];
    expect(shown.filter(([tag]) => tag !== 'DETAILS').map(([, is]) => is)).to.not.include(true);
    expect(shown.filter(([tag]) => tag === 'DETAILS').map(([, is]) => is)).to.not.include(false);
    await page.close();
  });
});
