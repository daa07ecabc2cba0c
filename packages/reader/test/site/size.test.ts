// SPDX-License-Identifier: GPL-2.0-only
// How large the site is, with the script and style that the build made.

import { expect } from 'chai';
import { pageAssets } from '../../src/site/files';
import { type SiteInput, buildSite } from '../../src/site/site';
import { realReading } from '../real-series';
import { OUR_SERIES, inputOf, makeInput } from './make-input';

const MB = 1_000_000;

function bytes(site: ReadonlyMap<string, string>): number {
  return [...site.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function codeBytes({ tree, port }: SiteInput): number {
  const c = tree?.files.flatMap(({ states }) => states.at(-1)?.lines.map(({ text }) => text) ?? []);
  const ts = port.files.flatMap(({ lines }) => lines);
  return Buffer.byteLength([...(c ?? []), ...ts].join('\n'));
}

describe('the size of the site', function () {
  this.timeout(60_000);

  it('is at most 36 kB for each page, and three bytes for each byte of code @long-only', async () => {
    const input = { ...(await makeInput(OUR_SERIES)), assets: pageAssets() };
    const site = buildSite(input);
    expect(bytes(site)).to.be.below(36_000 * site.size + 3 * codeBytes(input));
  });

  it('is below 1.6 MB for our side alone, all of the port @long-only', async () => {
    const input = await makeInput({ series: [], kernel: null, port: null });
    expect(bytes(buildSite({ ...input, assets: pageAssets() }))).to.be.within(0.8 * MB, 1.6 * MB);
  });

  it('is below 2.2 MB for the real series beside the kernel’s files', async function () {
    const reading = await realReading();
    if (!reading) this.skip();
    const site = buildSite({ ...inputOf(reading), assets: pageAssets() });
    expect(bytes(site)).to.be.within(1.5 * MB, 2.2 * MB);
  });
});
