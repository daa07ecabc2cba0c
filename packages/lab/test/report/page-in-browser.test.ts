// SPDX-License-Identifier: GPL-2.0-only
// The frame of pages in a real browser: links of the contents, a phone, paper, a keyboard.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { html, htmlTable } from '../../src/show/html';
import { pageText } from '../../src/show/page';
import { report } from '../../src/reports';
import { chromiumFor } from '../../../reader/test/chromium';
import { open, overflow } from '../fio-report/chromium';
import { TraceWriter, replayText } from '../replay/helpers';

const LONG = process.env['TEST_LONG'] === '1';
const PHONE = 390;
/** A4 without its margins, in CSS pixels. */
const PAPER = 700;
const LONG_NAME = `0000:00:05.0-${'x'.repeat(300)}`;

/** All that a page can hold, with a table of 16 columns. */
function samplePage(): string {
  const head = ['policy', ...Array.from({ length: 15 }, (_, i) => `figure number ${String(i)}`)];
  const wide = htmlTable(head, [['strict', ...head.slice(1).map(() => '123,456,789')]], 1);
  const narrow = htmlTable(
    ['why', 'how many'],
    [[html`no ${html`<data value="3">3</data>`} … 4`, '1']],
    1,
  );
  const body = html`<button type="button">Push</button>
    <p>Tables</p>
    <div id="wide">${wide}</div>
    <div id="narrow">${narrow}</div>
    <details>
      <summary>More</summary>
      ${wide}
    </details>`;
  return pageText({
    title: 'Sample',
    lead: html`<p class="answer">Yes</p>`,
    sections: [
      { id: 'sample', title: 'Sample', body },
      { id: 'below', title: LONG_NAME, body: html``, level: 3 },
    ],
    run: { command: `iommu-bounce replay ${LONG_NAME}` },
  });
}

(LONG ? describe : describe.skip)('pages in Chromium @long', function () {
  this.timeout(400_000);
  let browser: Browser;
  let folder = '';
  let files: readonly string[] = [];
  let sample = '';

  before(async function () {
    browser = await chromiumFor(this);
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
    const trace = new TraceWriter()
      .mapPage(0xfff00000, 0x1000, 4096, LONG_NAME)
      .mapPage(0xffe00000, 0x2000, 4096, 'a "b" <c>')
      .unmapPage(0xffe00000, 64, 'a "b" <c>');
    const document = await replayText(trace.text, { costs: true });
    sample = join(folder, 'sample.html');
    writeFileSync(sample, samplePage());
    const replay = join(folder, 'replay.html');
    writeFileSync(replay, report([{ heading: 'x', document }], `replay ${LONG_NAME}`));
    files = [sample, replay];
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  /** Opens each file in turn. */
  async function onEach(
    width: number,
    look: (page: Page) => Promise<void>,
    scheme: 'light' | 'dark' = 'light',
  ): Promise<void> {
    for (const file of files) {
      const { page, wrong } = await open(browser, file, width, scheme);
      await look(page);
      expect(wrong).to.deep.equal([]);
      await page.close();
    }
  }

  it('lead from each line of the contents to its heading, and from a heading to itself', async () => {
    await onEach(1200, async (page) => {
      const landed = (await page.evaluate(`
        [...document.querySelectorAll('.contents a, .self')].map((link) => {
          link.click();
          const section = document.querySelector(':target');
          const heading = section.firstElementChild;
          const { top, bottom } = heading.getBoundingClientRect();
          return {
            text: link.textContent || link.getAttribute('aria-label').replace('Link to: ', ''),
            heading: heading.firstChild.textContent.trim(),
            isSeen: top >= 0 && bottom <= innerHeight,
          };
        })`)) as { text: string; heading: string; isSeen: boolean }[];
      expect(landed.length).to.be.above(7);
      for (const { text, heading, isSeen } of landed)
        expect([heading, isSeen], text).to.deep.equal([text, true]);
    });
  });

  for (const scheme of ['light', 'dark'] as const)
    it(`scroll nowhere sideways on a phone, ${scheme}: rows are blocks of labelled lines`, async () => {
      await onEach(
        PHONE,
        async (page) => {
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(PHONE);
          const cells = (await page.evaluate(`
            [...document.querySelectorAll('.folds tbody td')].filter((cell) => cell.checkVisibility()).map((cell) => {
              const { left, right } = cell.getBoundingClientRect();
              return {
                left, right,
                label: getComputedStyle(cell, '::before').content,
                head: cell.closest('table').tHead.rows[0].cells[cell.cellIndex].textContent,
              };
            })`)) as { left: number; right: number; label: string; head: string }[];
          expect(cells.length).to.be.above(10);
          for (const { left, right, label, head } of cells) {
            expect(left).to.be.within(0, right);
            expect(right).to.be.at.most(PHONE);
            expect(label).to.include(head.replaceAll('"', '\\"'));
          }
          const scrolling = `[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1).length`;
          expect(await page.evaluate(scrolling)).to.equal(0);
        },
        scheme,
      );
    });

  it('say that a table scrolls where it does, and only there', async () => {
    const { page } = await open(browser, sample, 800);
    expect(await overflow(page)).to.equal(0);
    const hints = await page.evaluate(`['wide', 'narrow'].map((id) => {
      const table = document.querySelector('#' + id + ' .scroll');
      return [table.scrollWidth > table.clientWidth, getComputedStyle(table, '::after').content.includes('scroll')];
    })`);
    expect(hints).to.deep.equal([
      [true, true],
      [false, false],
    ]);
    await page.close();
  });

  it('keep every cell on paper, open what is folded, and leave out what is to be clicked', async () => {
    await onEach(
      PAPER,
      async (page) => {
        await page.emulateMediaType('print');
        expect(await overflow(page)).to.equal(0);
        const found = (await page.evaluate(`({
          cells: [...document.querySelectorAll('th, td')].map((cell) => {
            const { left, right, height } = cell.getBoundingClientRect();
            return cell.checkVisibility() && left >= 0 && right <= innerWidth && height > 0;
          }),
          controls: [...document.querySelectorAll('button, input, .self')].filter((one) => one.checkVisibility()).length,
          page: getComputedStyle(document.body).backgroundColor,
        })`)) as { cells: boolean[]; controls: number; page: string };
        expect(found.cells.length).to.be.above(30);
        expect(found.cells).not.to.include(false);
        expect([found.controls, found.page]).to.deep.equal([0, 'rgb(255, 255, 255)']);
      },
      'dark',
    );
  });

  it('show where the keyboard is, and name what it can scroll', async () => {
    await onEach(800, async (page) => {
      const seen: string[] = [];
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        const [name, outline] = (await page.evaluate(`(() => {
          const { tagName, className } = document.activeElement;
          return [tagName + '.' + className, getComputedStyle(document.activeElement).outlineStyle];
        })()`)) as [string, string];
        if (name.startsWith('BODY')) break;
        seen.push(name);
        expect(outline, name).to.equal('solid');
      }
      expect(seen).to.include('A.').and.to.include('A.self').and.to.include('DIV.scroll folds');
      const nameless = `[...document.querySelectorAll('[tabindex]')].filter((one) => !/^Table: ./.test(one.getAttribute('aria-label'))).length`;
      expect(await page.evaluate(nameless)).to.equal(0);
    });
  });
});
