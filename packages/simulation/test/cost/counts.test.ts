// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type CountSetup,
  COVER_LETTER_SIZES,
  countIo,
  cutBuffers,
  piecesPerIo,
} from '../../src/cost';
import { InputError } from '../../src/errors';

const FIGURES = readFileSync(
  join(__dirname, '../../../../test-fixtures/figures/series-in-a-real-kernel.md'),
  'utf8',
);

/** I/Os, MAP and UNMAP requests of a row of section 1, without the pool. */
function recorded(heading: string, bs: string): { ios: number; maps: number; unmaps: number } {
  const table = FIGURES.slice(FIGURES.indexOf(`${heading}:\n\n| bs`));
  const row =
    new RegExp(`^\\| ${bs} .*$`, 'm')
      .exec(table)?.[0]
      .split('|')
      .map((s) => s.trim()) ?? [];
  return {
    ios: parseInt(row[2] ?? '', 10),
    maps: Number(row[3]?.split('/')[2]),
    unmaps: Number(row[4]),
  };
}

const strict = (over: Partial<CountSetup> = {}): CountSetup => ({
  ...{ policy: 'strict', iommu: 'virtio-iommu', bytes: 4096, pieces: 1, direction: 'read' },
  ...over,
});

describe('countIo', () => {
  for (const [heading, layout] of [
    ['Fresh boot', 'fresh'],
    ['Fragmented memory', 'fragmented'],
  ] as const)
    for (const bytes of COVER_LETTER_SIZES)
      it(`sends as many requests per I/O as 5.14 did: ${heading}, ${String(bytes / 1024)}k`, () => {
        const real = recorded(heading, `${String(bytes / 1024)}k`);
        const counts = countIo(strict({ bytes, pieces: piecesPerIo(layout, bytes) }));
        // 64 buffers cannot show every fraction: within one piece of one of them.
        expect(counts.map.mapRequests).to.be.closeTo(real.maps / real.ios, 1 / 64);
        expect(counts.unmap.unmapRequests).to.equal(real.unmaps / real.ios);
        expect(counts.map.kicks).to.equal(counts.map.mapRequests);
        expect(counts.unmap.kicks).to.equal(1);
        expect(counts.map.pins).to.equal(bytes / 4096);
        expect(counts.unmap.unpins).to.equal(bytes / 4096);
        expect(counts.unmap.flushes).to.equal(counts.map.ioctlMaps);
        expect(counts.unmap.ioctlUnmaps).to.equal(1);
      });

  for (const bytes of COVER_LETTER_SIZES)
    it(`leaves the IOMMU alone in the pool's steady state: ${String(bytes)}`, () => {
      const { map, unmap, fill, fills } = countIo(strict({ policy: 'pool', bytes, pieces: 1 }));
      expect(map).to.include({
        poolCalls: 1,
        plainCalls: 0,
        kicks: 0,
        copies: 0,
        pagesAllocated: 0,
      });
      expect(unmap).to.include({ poolCalls: 1, plainCalls: 0, kicks: 0, copiedBytes: bytes });
      expect(fills).to.equal(64);
      const slot = bytes > 16384 ? 131072 : bytes;
      expect(fill).to.include({ mapRequests: 1, vmexits: 1, pins: slot / 4096 });
      expect(fill.pagesAllocated).to.equal(slot / 4096);
    });

  it('copies on map what is written, on unmap what is read', () => {
    const write = countIo(strict({ policy: 'pool', direction: 'write', bytes: 16384, pieces: 4 }));
    expect([write.map.copiedBytes, write.unmap.copiedBytes]).to.deep.equal([16384, 0]);
    expect(write.map.copies).to.equal(4);
  });

  it('counts pages and invalidations on bare metal', () => {
    const counts = countIo(strict({ iommu: 'bare-metal', bytes: 65536, pieces: 16 }));
    expect(counts.map).to.include({ tableMaps: 16, vmexits: 0, invalidations: 0 });
    expect(counts.unmap).to.include({ tableUnmaps: 16, invalidations: 1 });
  });

  it('takes addresses from the cache in the steady state', () => {
    const counts = countIo(strict({ bytes: 131072, pieces: 32 }));
    expect(counts.map).to.include({ iovaCached: 1, iovaTree: 0 });
    expect(counts.unmap).to.include({ iovaCached: 1, iovaTree: 0 });
  });
});

describe('cutBuffers', () => {
  it('gives all pages, in as many pieces as told on average, the largest first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (k, f) => {
          const pages = 2 ** k;
          const pieces = 1 + f * (pages - 1);
          const buffers = cutBuffers(64, pages * 4096, pieces);
          let all = 0;
          for (const orders of buffers) {
            expect(orders.reduce((sum, order) => sum + 2 ** order, 0)).to.equal(pages);
            expect([...orders].sort((a, b) => b - a)).to.deep.equal(orders);
            all += orders.length;
          }
          expect(all / 64).to.be.closeTo(pieces, 1 / 64);
        },
      ),
    );
  });

  it('refuses what pages cannot do', () => {
    expect(() => cutBuffers(1, 4096, 2)).to.throw(InputError, 'expected 1 to 1 pieces');
    expect(() => cutBuffers(1, 5000, 1)).to.throw(InputError, 'whole pages');
  });
});
