// SPDX-License-Identifier: GPL-2.0-only
// The output that the README shows is what the command prints; and the demo, which makes most of it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { speedupSvg } from '@iommu-bounce/lab';
import type { FioDocument } from '@iommu-bounce/simulation';
import { PAPER } from '../src/show/text';
import { type DemoDocument, demoText } from '../src/tables/demo';
import { fioTables } from '../src/tables/fio';
import { tables } from '../src/tables/replay';
import { cli, fixtures } from './commands/run-cli';
import { expectEveryDecision } from './replay/one-boot';

const root = join(__dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

const LONG = process.env['TEST_LONG'] === '1';

const blocks = [...readme.matchAll(/^```text\n((?:.|\n)*?)^```$/gm)].map((m) => m[1] ?? '');

/** Of a block whose lines stand apart in what the command prints. */
function linesOf(block: number): string[] {
  return (blocks[block] ?? '').trimEnd().split('\n');
}

describe('README.md', function () {
  this.timeout(300_000);

  if (LONG)
    describe('and the demo, which is npm start @long', () => {
      let demo: DemoDocument;
      before(async () => {
        // The text of a run is looked at by the step `start` of CI, too.
        const { status, out } = await cli('demo', '--ios', '500', '--json');
        expect(status).to.equal(0);
        demo = JSON.parse(out) as DemoDocument;
      });

      it('prints one screen about what comes with the repository, and writes the pages', () => {
        const out = demoText(demo);
        const lines = out.trimEnd().split('\n');
        expect(lines.length).to.be.at.most(28);
        for (const line of lines) expect(line.length, line).to.be.at.most(80);
        expect(out).to.include('3,000 of 3,000 mappings').and.to.include('The series helps: ');
        expect(out).to.match(/The port decides alike: ([\d,]+) of \1 decisions/);
        expect(existsSync(join(fixtures, '../out/report.html'))).to.equal(true);
        expect(demo).to.include.keys('plain', 'series', 'experiment', 'report');
      });

      it('agree with every decision of the pool in one boot of the patched kernel', () => {
        expect(demo.series?.files).to.have.length(10);
        if (demo.series) expectEveryDecision(demo.series);
      });

      it('shows lines that replay prints of the traces', async () => {
        expect(blocks).to.have.length(3);
        const { plain, series } = demo;
        const mixed = await cli('replay', ...plain.files);
        expect(mixed.status).to.equal(0);
        for (const line of linesOf(0)) expect(mixed.out).to.include(line);
        expect(mixed.out).to.match(/mappings equal +│ 3,000 of 3,000/);

        // The verb prints the demo's documents: of the short one both are looked at.
        expect(mixed.out.trimEnd()).to.equal(tables(plain, PAPER).trimEnd());
        const boot = series ? tables(series, PAPER) : '';
        for (const line of linesOf(1)) expect(boot).to.include(line);
        expect(boot).to.match(/of 31,042 mappings recorded/);
      });
    });

  if (LONG)
    it('shows the comparison and the chart of fio; without data, which changes no figure, to save time @long', async () => {
      const { status, out } = await cli('fio', '--no-data', '--json');
      expect(status).to.equal(0);
      const document = JSON.parse(out) as FioDocument;
      expect(fioTables(document)).to.include(blocks[2]);
      const chart = readFileSync(join(root, 'docs/speedup.svg'), 'utf8');
      expect(chart).to.equal(speedupSvg(document.comparison));
    });

  it('counts the figures that round to the published ones', () => {
    const words = ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight'];
    let [same, all] = [0, 0];
    for (const line of linesOf(2).slice(3)) {
      const [, , speedup, published, , , unmap, unmapPublished] = line.split('│').map(Number);
      all += 2;
      if (speedup?.toFixed(1) === published?.toFixed(1)) same++;
      if (unmap?.toFixed(0) === unmapPublished?.toFixed(0)) same++;
    }
    expect(readme.replaceAll(/\s+/g, ' ')).to.include(
      `${words[same] ?? ''} of the ${(words[all] ?? '').toLowerCase()} figures round to the published ones`,
    );
  });

  it('links to files that exist', () => {
    for (const [, target = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(root, target)), target).to.equal(true);
  });
});
