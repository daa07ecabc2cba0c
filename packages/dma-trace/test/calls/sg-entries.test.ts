// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { inferEntries, runsOf } from '../../src/calls/sg-entries';

const line = (
  physAddrs: number[],
  dmaAddrs: number[],
  sizes: number[],
  truncated = false,
): Parameters<typeof inferEntries>[0] => ({ physAddrs, dmaAddrs, sizes, truncated });

describe('inferEntries', () => {
  it('takes the lengths of entries that are mapped one by one', () => {
    const maps = [
      { iova: 0x10000, paddr: 0x5000, size: 0x1000 },
      { iova: 0x11000, paddr: 0x3000, size: 0x2000 },
    ];
    expect(inferEntries(line([0x5000, 0x3000], [0x10000], [0x3000]), maps)).to.deep.equal({
      entries: [
        { phys: 0x5000, length: 0x1000 },
        { phys: 0x3000, length: 0x2000 },
      ],
      source: 'chunks',
    });
  });

  it('splits a map at the entries that lie in it', () => {
    const maps = [{ iova: 0x10000, paddr: 0x5000, size: 0x4000 }];
    const { entries } = inferEntries(line([0x5000, 0x6000, 0x8000], [0x10000], [0x4000]), maps);
    expect(entries.map((entry) => entry.length)).to.deep.equal([0x1000, 0x2000, 0x1000]);
  });

  it('trims the first entry and the last to the bytes that were mapped', () => {
    const maps = [
      { iova: 0x10000, paddr: 0x5000, size: 0x1000 },
      { iova: 0x11000, paddr: 0x9000, size: 0x1000 },
    ];
    const { entries } = inferEntries(line([0x5e00, 0x9000], [0x10e00], [0x600]), maps);
    expect(entries).to.deep.equal([
      { phys: 0x5e00, length: 0x200 },
      { phys: 0x9000, length: 0x400 },
    ]);
  });

  it('ends entries where their DMA segment ends', () => {
    const maps = [
      { iova: 0x10000, paddr: 0x5000, size: 0x1000 },
      { iova: 0x11000, paddr: 0x9000, size: 0x1000 },
    ];
    const { entries } = inferEntries(
      line([0x5000, 0x9200], [0x10000, 0x11200], [0x800, 0x100]),
      maps,
    );
    expect(entries).to.deep.equal([
      { phys: 0x5000, length: 0x800 },
      { phys: 0x9200, length: 0x100 },
    ]);
  });

  it('finds the one way to lay entries into maps where an address fits two places', () => {
    // The second entry starts inside what the first map covers, but is the second map.
    const maps = [
      { iova: 0x10000, paddr: 0x5000, size: 0x2000 },
      { iova: 0x12000, paddr: 0x6000, size: 0x1000 },
    ];
    const { entries, source } = inferEntries(line([0x5000, 0x6000], [0x10000], [0x3000]), maps);
    expect(source).to.equal('chunks');
    expect(entries.map((entry) => entry.length)).to.deep.equal([0x2000, 0x1000]);
  });

  it('says so when the events cannot be those of the list', () => {
    const maps = [{ iova: 0x10000, paddr: 0x7000, size: 0x2000 }];
    expect(inferEntries(line([0x5000], [0x10000], [0x2000]), maps).source).to.equal('unfitting');
    const short = [{ iova: 0x10000, paddr: 0x5000, size: 0x1000 }];
    expect(inferEntries(line([0x5000], [0x10000], [0x2000]), short).source).to.equal('unfitting');
  });

  it('spreads the total over the layout without events, and keeps the sum', () => {
    const { entries, source } = inferEntries(
      line([0x5000, 0x6000, 0x20800], [0x10000], [0x2100]),
      [],
    );
    expect(source).to.equal('layout');
    expect(entries.map((entry) => entry.length)).to.deep.equal([0x1000, 0x1000, 0x100]);
  });

  it('makes one entry per map of a list that the tracer cut', () => {
    const maps = [
      { iova: 0x10000, paddr: 0x5000, size: 0x1000 },
      { iova: 0x11000, paddr: 0x9000, size: 0x1000 },
    ];
    const { entries, source } = inferEntries(line([0x5200], [0x10200], [0x1d00], true), maps);
    expect(source).to.equal('cut');
    expect(entries).to.deep.equal([
      { phys: 0x5200, length: 0xe00 },
      { phys: 0x9000, length: 0xf00 },
    ]);
  });
});

describe('runsOf', () => {
  it('joins what continues to the byte or page by page, and nothing else', () => {
    const runs = runsOf([
      { phys: 0x5000, length: 0x800 },
      { phys: 0x6000, length: 0x1000 },
      { phys: 0x7000, length: 0x100 },
      { phys: 0x7100, length: 0x100 },
      { phys: 0x3000, length: 0x1000 },
    ]);
    expect(runs).to.deep.equal([
      { phys: 0x5000, pages: 3 },
      { phys: 0x3000, pages: 1 },
    ]);
  });
});
