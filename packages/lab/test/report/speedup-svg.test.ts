// SPDX-License-Identifier: GPL-2.0-only
// The chart of the README: drawn from the figures that it shows.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type SpeedupRow, speedupSvg } from '@iommu-bounce/lab';
import type { FioDocument } from '@iommu-bounce/simulation';
import { cli } from '../commands/run-cli';

const root = join(__dirname, '../../../..');

/** Of the comparison that README.md shows, which readme.test.ts compares with what the command prints, as it does this chart with TEST_LONG=1. */
function readmeRows(): SpeedupRow[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/^│ (\d+)k +│ +([\d.]+) │ +([\d.]+) │/gm)].map(
    ([, k, ours, theirs]) => ({
      bs: Number(k) * 1024,
      speedup: Number(ours),
      speedup_published: Number(theirs),
    }),
  );
}

function heights(svg: string, kind: string): number[] {
  const bars = svg.matchAll(
    new RegExp(`<rect class="${kind}" x="[^"]+" y="[^"]+" width="46" height="([^"]+)"`, 'g'),
  );
  return [...bars].map(([, height]) => Number(height));
}

describe('speedupSvg', () => {
  it('makes docs/speedup.svg of the figures that README.md shows', () => {
    const rows = readmeRows();
    expect(rows.map(({ bs }) => bs / 1024)).to.deep.equal([4, 16, 64, 128]);
    expect(readFileSync(join(root, 'docs/speedup.svg'), 'utf8')).to.equal(speedupSvg(rows));
  });

  it('draws bars as high as their values, the published ones only where there are some', () => {
    const svg = speedupSvg([
      { bs: 4096, speedup: 0.5, speedup_published: null },
      { bs: 5000, speedup: 2, speedup_published: 4 },
    ]);
    const [half = 0, two = 0] = heights(svg, 'simulated');
    expect(half).to.be.above(0);
    expect(two).to.be.closeTo(4 * half, 0.2);
    const published = heights(svg, 'published');
    expect(published).to.have.length(1);
    expect(published[0]).to.be.closeTo(2 * two, 0.1);
    for (const text of [
      '0.50x',
      '2.00x',
      '4.0x',
      '4k',
      '5,000 B',
      'pool, simulated',
      'pool, published (cover letter, patch 0/4)',
      'strict = 1x',
    ])
      expect(svg).to.include(`>${text}</text>`);
  });
});

describe('fio --svg', () => {
  const small = ['fio', '--number-ios', '300', '--bs', '8k', '--no-data', '--svg'];

  it('prints the picture of its document, and nothing else @long-only', async () => {
    const { status, out } = await cli(...small);
    expect(status).to.equal(0);
    const document = await cli(...small.slice(0, -1), '--json');
    expect(out).to.equal(speedupSvg((JSON.parse(document.out) as FioDocument).comparison));
    expect(out).to.match(/^<svg [^]*>8k<\/text>[^]*<\/svg>\n$/);
    expect(heights(out, 'simulated')).to.have.length(1);
    expect(heights(out, 'published')).to.have.length(0);
  });

  it('says what it needs where there is no speed-up to show', async () => {
    for (const others of [['--rw', 'write'], ['--policy', 'strict'], ['--json']]) {
      const { status, out, err } = await cli(...small, ...others);
      expect(status).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.match(/--svg: .*expected/);
    }
  });
});
