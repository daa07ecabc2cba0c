// SPDX-License-Identifier: GPL-2.0-only
// Tests of tables made over arrays of pages: merging, lengths, chunks and failures.

import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  ENOMEM,
  GFP_ATOMIC,
  PAGE_SIZE,
  type machine,
  page,
  page_to_virt,
  sg_next,
  sg_phys,
  sg_table,
} from '@iommu-bounce/linux-shim';
import { catch_oops, for_each_failure, leak_checked } from '@iommu-bounce/linux-shim/testing';

const RESERVED = 1000;
const LAYOUT = {
  memory: { nodes: [{ lowmem_pages: 64 }], reserved_pages: RESERVED, bytes: false },
};

interface segment {
  readonly start: number;
  readonly length: number;
}

function build(
  k: machine,
  table: sg_table,
  pfns: readonly number[],
  offset = 0,
  size = pfns.length * PAGE_SIZE - offset,
): number {
  const pages = pfns.map((pfn) => k.mm.pfn_to_page(pfn));
  return k.sg.sg_alloc_table_from_pages(table, pages, pages.length, offset, size, GFP_ATOMIC);
}

function segments(table: sg_table): segment[] {
  const found: segment[] = [];
  for (let sg = table.sgl; sg; sg = sg_next(sg))
    found.push({ start: sg_phys(sg), length: sg.length });
  return found;
}

/** What a list of pages is as runs of memory: byte ranges joined where they touch. */
function runs(pfns: readonly number[], offset: number, size: number): segment[] {
  const joined: { start: number; length: number }[] = [];
  let left = size;
  pfns.forEach((pfn, i) => {
    const start = pfn * PAGE_SIZE + (i === 0 ? offset : 0);
    const length = Math.min(left, (pfn + 1) * PAGE_SIZE - start);
    left -= length;
    const last = joined.at(-1);
    if (last && last.start + last.length === start) last.length += length;
    else joined.push({ start, length });
  });
  return joined;
}

/** So many frames of which no two touch. */
function apart(n: number): number[] {
  return Array.from({ length: n }, (_, i) => 1 + 2 * i);
}

describe('sg_alloc_table_from_pages', () => {
  const { boot_machine } = leak_checked();

  it('joins pages that touch, whatever the pages, offset and size', () => {
    const step = fc.constantFrom(1, 1, 1, 2, -1, 0, 5);
    const frames = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }).map((steps) => {
      let pfn = 10;
      return steps.map((s) => (pfn = Math.max(1, pfn + s)));
    });
    fc.assert(
      fc.property(frames, fc.nat(PAGE_SIZE - 1), fc.nat(PAGE_SIZE - 1), (pfns, offset, missing) => {
        const k = boot_machine(LAYOUT);
        const table = new sg_table();
        const size = Math.max(1, pfns.length * PAGE_SIZE - offset - missing);
        expect(build(k, table, pfns, offset, size)).to.equal(0);
        const model = runs(pfns, offset, size);
        expect(segments(table)).to.deep.equal(model);
        expect(table.nents).to.equal(model.length);
        k.sg.sg_free_table(table);
      }),
      { numRuns: 150 },
    );
  });

  for (const [n, orig_nents, pages, allocations] of [
    [1, 1, 0, 1],
    [127, 127, 0, 1],
    [128, 128, 1, 0],
    [129, 129, 1, 1],
    [254, 254, 1, 1],
    [255, 255, 2, 0],
    [256, 256, 2, 1],
    [400, 400, 3, 1],
  ] as const)
    it(`holds ${String(n)} segments in chunks, the last one marked`, () => {
      const k = boot_machine(LAYOUT);
      const table = new sg_table();
      expect(build(k, table, apart(n))).to.equal(0);
      expect(segments(table)).to.deep.equal(
        apart(n).map((pfn) => ({ start: pfn * PAGE_SIZE, length: PAGE_SIZE })),
      );
      expect([table.nents, table.orig_nents]).to.deep.equal([n, orig_nents]);
      expect([k.page_alloc.pages_in_use, k.slab.in_use()]).to.deep.equal([pages, allocations]);
      k.sg.sg_free_table(table);
    });

  for (const n of [1, 128, 129, 255, 400])
    it(`leaves a table of ${String(n)} segments that can be freed, whichever allocation fails`, () => {
      const k = boot_machine(LAYOUT);
      let passages = 0;
      for (const site of ['page_alloc', 'kmalloc']) {
        let table = new sg_table();
        passages += for_each_failure(
          k,
          site,
          () => build(k, (table = new sg_table()), apart(n)),
          (failed, ret, at) => {
            expect(ret, `${site} ${String(at)}`).to.equal(failed ? -ENOMEM : 0);
            k.sg.sg_free_table(table);
            expect([k.page_alloc.pages_in_use, k.slab.in_use()]).to.deep.equal([0, 0]);
          },
        );
      }
      expect(passages).to.equal(Math.ceil(Math.max(1, n - 1) / 127));
    });

  it('ends a segment at the last whole page below 4 GiB', () => {
    const k = boot_machine(LAYOUT);
    const table = new sg_table();
    const first = k.mm.pfn_to_page(1);
    const n = 2 ** 20; // 4 GiB
    const pages = Array.from(
      { length: n },
      (_, i) => new page(k.mm, i + 1, 0, false, page_to_virt(first)),
    );
    expect(k.sg.sg_alloc_table_from_pages(table, pages, n, 0, n * PAGE_SIZE, GFP_ATOMIC)).to.equal(
      0,
    );
    expect(segments(table)).to.deep.equal([
      { start: PAGE_SIZE, length: 2 ** 32 - PAGE_SIZE },
      { start: 2 ** 32, length: PAGE_SIZE },
    ]);
    k.sg.sg_free_table(table);
  });

  it('oopses for a hole in the array', () => {
    const k = boot_machine(LAYOUT);
    const call = (): number =>
      k.sg.sg_alloc_table_from_pages(new sg_table(), [null, null], 2, 0, 100, GFP_ATOMIC);
    expect(catch_oops(call).kind).to.equal('bad-access');
  });
});
