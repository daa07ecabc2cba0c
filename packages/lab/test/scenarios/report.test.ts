// SPDX-License-Identifier: GPL-2.0-only
// The reports of scenarios: what the terminal shows, cell by cell, as a page that fetches nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { partsReport } from '../../src/reports/scenarios';
import { cli, withFolder } from '../commands/run-cli';

const LONG = process.env['TEST_LONG'] === '1';

/** Cells of the tables in a terminal or on a page, in order. */
function cellsOfText(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .flatMap((line) => line.slice(1, -1).split('│'))
    .map((cell) => cell.trim());
}

function cellsOfPage(page: string): string[] {
  return [...page.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map((m) =>
    (m[1] ?? '').replaceAll('&#39;', "'").trim(),
  );
}

describe('fio --scenario … --report', function () {
  this.timeout(60_000);

  if (LONG)
    it('has the tables of the terminal', async () => {
      await withFolder(async (folder) => {
        const file = join(folder, 'nosync.html');
        const { status, out } = await cli('fio', '--scenario', 'nosync', '--report', file);
        expect(status).to.equal(0);
        const page = readFileSync(file, 'utf8');
        expect(cellsOfPage(page)).to.deep.equal(cellsOfText(out));
        expect(cellsOfText(out)).to.include('loses data');
        expect(page).to.include('default-src &#39;none&#39;');
        expect(page).to.include('<code class="command">iommu-bounce fio --scenario nosync</code>');
      });
    });

  it('replaces no file that is not a report', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'mine.html');
      writeFileSync(file, 'mine');
      const { status, err } = await cli('fio', '--scenario', 'nosync', '--report', file);
      expect([status, err.split('\n').length]).to.deep.equal([2, 2]);
      expect(readFileSync(file, 'utf8')).to.equal('mine');
    });
  });
});

describe('partsReport', () => {
  it('escapes what it is given', () => {
    const evil = '<img src=x onerror=alert(1)>';
    const page = partsReport({
      title: evil,
      command: evil,
      parts: [evil, [evil], { title: evil, head: [evil], rows: [[evil]], numbersFrom: 1 }],
    });
    expect(page).to.not.include('<img');
    expect(page.split('&lt;img')).to.have.length(13);
  });
});
