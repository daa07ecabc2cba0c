// SPDX-License-Identifier: GPL-2.0-only
// The output that the README shows is what the command prints.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { speedupSvg } from '@iommu-bounce/lab';
import type { FioDocument } from '@iommu-bounce/simulation';
import { fioTables } from '../src/tables/fio';
import { cli, fixtures } from './commands/run-cli';

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
    it('shows lines that replay prints of the traces that npm start replays @long', async () => {
      expect(blocks).to.have.length(3);
      const mixed = await cli('replay', join(fixtures, 'traces/virtio.nvme-mixed.trace.txt.gz'));
      expect(mixed.status).to.equal(0);
      for (const line of linesOf(0)) expect(mixed.out).to.include(line);
      expect(mixed.out).to.match(/mappings equal +│ 3,000 of 3,000/);

      const series = readdirSync(join(fixtures, 'traces/series')).filter((f) =>
        /^iobuf-def\..*\.gz$/.test(f),
      );
      const boot = await cli('replay', ...series.map((f) => join(fixtures, 'traces/series', f)));
      expect(boot.status).to.equal(0);
      for (const line of linesOf(1)) expect(boot.out).to.include(line);
      expect(boot.out).to.match(/of 31,042 mappings recorded/);
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
