// SPDX-License-Identifier: GPL-2.0-only
// Layouts: mapped with the ported code, they cost as many iommu:map events and requests as the recorded buffers did.

import { expect } from 'chai';
import fc from 'fast-check';
import { LAYOUT_NAMES, type LayoutName, newLayout } from '../../src/jobs';
import { adjacent, mappingMachine } from './map-buffers';

const LONG = process.env['TEST_LONG'] === '1';
const KIB = 1024;

/** Linux 5.14.2, series-in-a-real-kernel, table 1: I/Os, iommu:map events, MAP requests of fio with iodepth=64. */
const RECORDED = [
  { name: 'fresh', bytes: 4 * KIB, ios: 16384, iommuMaps: 16384, maps: 16384 },
  { name: 'fresh', bytes: 16 * KIB, ios: 8192, iommuMaps: 32256, maps: 32768 },
  { name: 'fresh', bytes: 64 * KIB, ios: 4096, iommuMaps: 43594, maps: 59004 },
  { name: 'fresh', bytes: 128 * KIB, ios: 2048, iommuMaps: 22736, maps: 64316 },
  { name: 'fragmented', bytes: 4 * KIB, ios: 16384, iommuMaps: 16384, maps: 16384 },
  { name: 'fragmented', bytes: 16 * KIB, ios: 8192, iommuMaps: 32640, maps: 32768 },
  { name: 'fragmented', bytes: 64 * KIB, ios: 4096, iommuMaps: 65407, maps: 65536 },
  { name: 'fragmented', bytes: 128 * KIB, ios: 2048, iommuMaps: 65344, maps: 65536 },
] as const;

/** One pass over the 64 buffers, through the port. */
function counted(name: LayoutName, bytes: number, seed: number): [number, number, number] {
  const layout = newLayout(name, seed);
  const machine = mappingMachine(layout.framesNeeded(64, bytes));
  const { iommuMaps, mapRequests, unmapRequests } = machine.count(
    layout.buffers(64, bytes, machine.arena),
  );
  return [iommuMaps, mapRequests, unmapRequests];
}

describe('the layouts on virtio-iommu', function () {
  this.timeout(30_000);

  for (const { name, bytes, ios, iommuMaps, maps } of RECORDED)
    it(`${name}, ${String(bytes / KIB)} KiB: iommu:map events and MAP requests of the record, within 5 % @long`, () => {
      for (const seed of LONG ? [1, 2, 3, 0x89] : [0x89]) {
        const [c, m, u] = counted(name, bytes, seed);
        const perIo = 64 / ios;
        expect(c / (iommuMaps * perIo), `iommu:map events, seed ${String(seed)}`).to.be.within(
          0.95,
          1.05,
        );
        expect(m / (maps * perIo), `requests, seed ${String(seed)}`).to.be.within(0.95, 1.05);
        expect(u).to.equal(64);
      }
    });

  it('contiguous: one iommu:map, one request', () => {
    for (const kib of [4, 16, 64, 128, 512])
      expect(counted('contiguous', kib * KIB, 1), `${String(kib)} KiB`).to.deep.equal([64, 64, 64]);
  });

  it('thp: one iommu:map unless a huge page ends in it; the drawn alignment sets the requests @long', () => {
    const requests = new Set<number>();
    for (let seed = 1; seed <= (LONG ? 12 : 6); seed++) {
      const [c, m] = counted('thp', 64 * KIB, seed);
      expect(c).to.be.within(64, 66);
      requests.add(m);
      // 1, 2, 4, 8 or 16 pieces for each of the buffers; a few more where a huge page ends.
      expect(
        [64, 128, 256, 512, 1024].some((n) => m >= n && m <= n + 8),
        String(m),
      ).to.equal(true);
    }
    expect(requests.size).to.be.above(2);
  });
});

describe('newLayout', () => {
  const shape = fc.record({
    name: fc.constantFrom(...LAYOUT_NAMES),
    seed: fc.integer(),
    count: fc.integer({ min: 1, max: 70 }),
    bytes: fc.oneof(
      fc.constantFrom(512, 4096, 65536, 131072),
      fc.integer({ min: 1, max: 300_000 }),
    ),
    firstPfn: fc.integer({ min: 1, max: 100_000 }),
  });

  it('gives distinct frames inside the arena that it asked for, the same for the same seed @long-only', () => {
    fc.assert(
      fc.property(shape, ({ name, seed, count, bytes, firstPfn }) => {
        const frames = newLayout(name, seed).framesNeeded(count, bytes);
        const make = (): Float64Array[] =>
          newLayout(name, seed).buffers(count, bytes, { firstPfn, frames });
        const buffers = make();
        expect(make()).to.deep.equal(buffers);
        expect(buffers).to.have.length(count);
        const seen = new Set<number>();
        for (const pfns of buffers) {
          expect(pfns).to.have.length(Math.ceil(bytes / 4096));
          for (const pfn of pfns) {
            expect(pfn).to.be.within(firstPfn, firstPfn + frames - 1);
            seen.add(pfn);
          }
        }
        expect(seen.size).to.equal(count * Math.ceil(bytes / 4096));
      }),
      { numRuns: LONG ? 100 : 30 },
    );
  });

  it('needs little more than the buffers themselves', () => {
    const pages = 64 * 32;
    for (const [name, most] of [
      ['contiguous', pages + 31],
      ['thp', pages + 1023],
      ['fresh', pages + 160],
      ['fragmented', pages + 160],
    ] as const)
      expect(newLayout(name, 1).framesNeeded(64, 128 * KIB), name).to.be.within(pages, most);
  });

  it('refuses an arena that is too small', () => {
    for (const name of LAYOUT_NAMES) {
      const layout = newLayout(name, 1);
      const frames = layout.framesNeeded(4, 8192) - 1;
      expect(() => layout.buffers(4, 8192, { firstPfn: 1, frames })).to.throw(
        RangeError,
        `the layout ${name} needs`,
      );
    }
  });

  it('puts no two pages side by side that the layout keeps apart', () => {
    // 0.3 % of pages are followed by their neighbour: 8 of these pairs. In so small an arena chance alone makes 70.
    let iommuMaps = 0;
    for (let seed = 0; seed < 400; seed++) {
      const layout = newLayout('fragmented', seed);
      const arena = { firstPfn: 1, frames: layout.framesNeeded(1, 8 * 4096) };
      for (const pfns of layout.buffers(1, 8 * 4096, arena)) iommuMaps += adjacent(pfns).length;
    }
    expect(iommuMaps).to.be.within(400 * 8 - 25, 400 * 8 - 1);
  });

  it('gives the next job other frames, and no run across a huge page’s end', () => {
    const arena = { firstPfn: 3, frames: 10_000 };
    for (const name of ['thp', 'fresh', 'fragmented'] as const) {
      const layout = newLayout(name, 1);
      const first = layout.buffers(64, 65536, arena);
      expect(layout.buffers(64, 65536, arena), name).not.to.deep.equal(first);
    }
    for (const pfns of newLayout('thp', 4).buffers(64, 131072, arena))
      for (const { pfn, pages } of adjacent(pfns))
        expect(Math.floor(pfn / 512)).to.equal(Math.floor((pfn + pages - 1) / 512));
  });
});
