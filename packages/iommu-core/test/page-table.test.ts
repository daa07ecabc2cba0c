// SPDX-License-Identifier: GPL-2.0-only
// A property test of the table of 4 KiB pages against a plain Map.

import { expect } from 'chai';
import { PAGE_SIZE, phys_addr_t } from '@iommu-bounce/linux-shim';
import { type mapped_range, page_sizes, page_table } from '@iommu-bounce/iommu-core';
import * as fc from 'fast-check';
import { iova } from './new-iommu';

type entry = readonly [phys: number, prot: number];

/** One entry per page; nothing clever. */
class naive_table {
  readonly pages = new Map<number, entry>();

  map(page: number, phys: number, n: number, prot: number): boolean {
    for (let i = 0; i < n; i++) if (this.pages.has(page + i)) return false;
    for (let i = 0; i < n; i++) this.pages.set(page + i, [phys + i * PAGE_SIZE, prot]);
    return true;
  }

  unmap(page: number, n: number): number {
    let i = 0;
    while (i < n && this.pages.delete(page + i)) i++;
    return i * PAGE_SIZE;
  }

  ranges(): mapped_range[] {
    const all: mapped_range[] = [];
    for (const page of [...this.pages.keys()].sort((a, b) => a - b)) {
      const prot = this.pages.get(page)?.[1] ?? -1;
      const last = all.at(-1);
      if (last?.prot === prot && last.iova + last.size === page * PAGE_SIZE) last.size += PAGE_SIZE;
      else all.push({ iova: iova(page * PAGE_SIZE), size: PAGE_SIZE, prot });
    }
    return all;
  }
}

/** Pages around the borders of the table's parts, near 0, 4 GiB and 2^48. */
const any_page = fc
  .tuple(fc.constantFrom(0, 1024, 2 ** 20, 2 ** 36 - 2048), fc.integer({ min: -24, max: 24 }))
  .map(([base, off]) => Math.max(0, base + off));
const any_phys = fc.nat({ max: 2 ** 30 }).map((pfn) => pfn * 2 ** 10 * PAGE_SIZE);
const any_op = fc.record({
  kind: fc.constantFrom('map', 'unmap', 'look'),
  page: any_page,
  n: fc.integer({ min: 1, max: 20 }),
  phys: any_phys,
  prot: fc.nat({ max: 63 }),
});

describe('page_table', () => {
  it('does what a Map does', () => {
    fc.assert(
      fc.property(fc.array(any_op, { maxLength: 60 }), (ops) => {
        const table = new page_table();
        const model = new naive_table();
        for (const { kind, page, n, phys, prot } of ops) {
          const at = iova(page * PAGE_SIZE);
          if (kind === 'map')
            expect(table.map(at, phys_addr_t(phys), n * PAGE_SIZE, prot)).to.equal(
              model.map(page, phys, n, prot),
            );
          else if (kind === 'unmap')
            expect(table.unmap(at, n * PAGE_SIZE)).to.equal(model.unmap(page, n));
          const off = n * 100;
          const [want_phys, want_prot] = model.pages.get(page) ?? [-off, -1];
          expect(table.iova_to_phys(iova(at + off))).to.equal(want_phys + off);
          expect(table.prot(iova(at + off))).to.equal(want_prot);
          expect(table.mapped_pages).to.equal(model.pages.size);
        }
        expect(table.ranges()).to.deep.equal(model.ranges());
      }),
      { numRuns: 200 },
    );
  });

  it('maps nothing when one page of the range is taken', () => {
    const table = new page_table();
    table.map(iova(3 * PAGE_SIZE), phys_addr_t(0), PAGE_SIZE, 1);
    expect(table.map(iova(PAGE_SIZE), phys_addr_t(0), 4 * PAGE_SIZE, 1)).to.equal(false);
    expect(table.mapped_pages).to.equal(1);
    expect(table.prot(iova(PAGE_SIZE))).to.equal(-1);
  });

  it('tells no permission from no mapping, and physical address 0 from neither', () => {
    const table = new page_table();
    table.map(iova(PAGE_SIZE), phys_addr_t(0), PAGE_SIZE, 0);
    expect([table.prot(iova(PAGE_SIZE)), table.prot(iova(0))]).to.deep.equal([0, -1]);
    expect([table.iova_to_phys(iova(PAGE_SIZE)), table.iova_to_phys(iova(0))]).to.deep.equal([
      0, 0,
    ]);
  });
});

describe('page_sizes', () => {
  it('sums the powers of two of a range', () => {
    expect([page_sizes(12, 12), page_sizes(12, 14)]).to.deep.equal([0x1000, 0x7000]);
    expect(page_sizes(12, 52)).to.equal(2 ** 53 - 2 ** 12);
  });
});
