// SPDX-License-Identifier: GPL-2.0-only
// The pages of whole captures in a real browser: a long replay stays small and is drawn, findings lead to their lines.

import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { cli, fixtures } from '../commands/run-cli';
import { chromiumFor } from '../../../reader/test/chromium';
import { open, overflow } from '../fio-report/chromium';
import { expectDrawn, inkOf, paper, said, settled, walk } from './in-plots';

const LONG = process.env['TEST_LONG'] === '1';
const EVENTS = 100_000;
/** The page of 20,000 events has 350,000: it is of as many bins, however many events there are. */
const MOST_BYTES = 4e5;
/** As the name of a device: a tracer prints what it is given. */
const HOSTILE = `"<script>alert(1)</script>'&`;

/** Four events for each mapping, of three devices, 32 mappings at a time. */
async function writeCapture(path: string): Promise<void> {
  const out = createWriteStream(path);
  const hex = (n: number): string => n.toString(16);
  const x16 = (n: number): string => `0x${hex(n).padStart(16, '0')}`;
  const devices = ['0000:00:05.0', '0000:00:06.0', HOSTILE];
  let us = 1_000_000;
  const line = (text: string): string => {
    us += 5 + (us % 3);
    const time = `${String(Math.floor(us / 1e6))}.${String(us % 1e6).padStart(6, '0')}`;
    return `  fio-77  [000] ..... ${time}: ${text}\n`;
  };
  for (let i = 0; i < EVENTS / 4; i++) {
    const iova = 0xff000000 + (i % 32) * 0x20000;
    const device = devices[(i % 32) % 3] ?? '';
    const range = `iova=${x16(iova)} - ${x16(iova + 4096)}`;
    let text = '';
    if (i >= 32)
      text +=
        line(`unmap: IOMMU: ${range} size=4096 unmapped_size=4096`) +
        line(`dma_unmap_page: ${device} dir=FROM_DEVICE dma_addr=${hex(iova)} size=4096 attrs=`);
    const phys = ((i * 7919) % 2 ** 16) * 4096 + 2 ** 32;
    text +=
      line(`map: IOMMU: ${range} paddr=${x16(phys)} size=4096`) +
      line(
        `dma_map_page: ${device} dir=FROM_DEVICE dma_addr=${hex(iova)} size=4096 phys_addr=${hex(phys)} attrs=`,
      );
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

(LONG ? describe : describe.skip)(
  `pages of captures in Chromium, ${String(EVENTS)} events @long`,
  function () {
    this.timeout(600_000);
    let browser: Browser;
    let folder = '';
    let replay = '';
    let lint = '';

    before(async function () {
      browser = await chromiumFor(this);
      folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
      const capture = join(folder, 'long.trace.txt');
      await writeCapture(capture);
      replay = join(folder, 'replay.html');
      lint = join(folder, 'lint.html');
      const { err } = await cli('replay', capture, '--report', replay);
      expect(err).to.equal('');
      await cli('lint', join(fixtures, 'captures/unmap-unlike-map.trace.txt'), '--report', lint);
    });

    after(async () => {
      await (browser as Browser | undefined)?.close();
      if (folder !== '') rmSync(folder, { recursive: true });
    });

    async function on(
      file: string,
      width: number,
      scheme: 'light' | 'dark',
      look: (page: Page) => Promise<void>,
    ): Promise<void> {
      const { page, wrong } = await open(browser, file, width, scheme);
      await settled(page);
      expect(await overflow(page)).to.equal(0);
      await look(page);
      expect(wrong).to.deep.equal([]);
      await page.close();
    }

    it('the replay of a long capture is small, and has no script of the capture', () => {
      expect(statSync(replay).size).to.be.below(MOST_BYTES);
      expect(readFileSync(replay, 'utf8')).not.to.include('<script>alert');
    });

    // The other two pairs: plots/browser.test.ts.
    for (const [width, scheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      it(`the replay is drawn at ${String(width)} pixels, ${scheme}`, async () => {
        await on(replay, width, scheme, async (page) => {
          const ids = (await page.evaluate(
            `[...document.querySelectorAll('.plot-box')].map(({ id }) => id)`,
          )) as string[];
          // Of all devices: requests, mappings, bytes, bounce memory; of each of three: these and two histograms.
          expect(ids.length).to.equal(4 + 3 * 6);
          for (const id of ids) await expectDrawn(page, id);
          expect(await expectDrawn(page, 'plot-t0-requests')).to.include(
            await inkOf(page, '--before'),
          );
        });
      });

      it(`findings lead to their lines at ${String(width)} pixels, ${scheme}`, async () => {
        await on(lint, width, scheme, async (page) => {
          const landed = (await page.evaluate(`
            [...document.querySelectorAll('.finding a')].map((link) => {
              link.click();
              const line = document.querySelector(':target');
              const { top, bottom } = line.getBoundingClientRect();
              return {
                from: link.textContent.split(':').at(-1), to: line.firstElementChild.textContent,
                isSeen: top >= 0 && bottom <= innerHeight,
                isMarked: getComputedStyle(line).backgroundColor !== 'rgba(0, 0, 0, 0)',
              };
            })`)) as { from: string; to: string; isSeen: boolean; isMarked: boolean }[];
          expect(landed.length).to.be.at.least(2);
          for (const one of landed)
            expect(one).to.deep.equal({ ...one, to: one.from, isSeen: true, isMarked: true });
        });
      });
    }

    it('the replay is walked with keys, all plots of it together', async () => {
      await on(replay, 1280, 'light', async (page) => {
        const { now, text } = await walk(page, 'plot-t0-requests', 'PageDown', 'ArrowRight');
        expect(text).to.match(
          /^[\d.,]+ m?s: recorded: [\d,]+ requests\/s; before the series: [\d,]+ requests\/s; whole series: /,
        );
        await walk(page, 'plot-t0-requests', '+');
        const [wide, small] = [
          await said(page, 'plot-t0-requests'),
          await said(page, 'plot-t0-of-0000:00:05.0-bytes'),
        ];
        expect(wide.now).to.equal(now);
        expect(small.text).to.match(/^[\d.,]+ m?s: recorded: [\d.]+ KiB/);
        expect(small.span[0]).to.be.closeTo(wide.span[0], 0.01);
        const sizes = await walk(page, 'plot-t0-of-0000:00:05.0-sizes');
        expect(sizes.text).to.match(/^size up to 4 KiB: FROM_DEVICE: [\d,]+ mappings$/);
      });
    });

    it('both keep their tables on paper', async () => {
      for (const file of [replay, lint])
        await on(file, 700, 'dark', async (page) => {
          const { tables, controls } = await paper(page);
          expect(tables.length).to.be.above(0);
          expect(tables).not.to.include(false);
          expect([controls, await overflow(page)]).to.deep.equal([0, 0]);
        });
    });
  },
);
