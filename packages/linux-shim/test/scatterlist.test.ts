// SPDX-License-Identifier: GPL-2.0-only
// Tests of scatterlists and their tables around the places where a chunk is full.

import { expect } from 'chai';
import {
  EINVAL,
  ENOMEM,
  GFP_ATOMIC,
  GFP_KERNEL,
  PAGE_SIZE,
  SG_MAX_SINGLE_ALLOC,
  deref,
  dma_addr_t,
  type machine,
  type scatterlist,
  sg_array,
  sg_copy_list,
  sg_dma_address,
  sg_dma_len,
  sg_mark_end,
  sg_nents,
  sg_next,
  sg_page,
  sg_phys,
  sg_set_page,
  sg_table,
} from '@iommu-bounce/linux-shim';
import { catch_oops, for_each_failure, leak_checked } from '@iommu-bounce/linux-shim/testing';

const PAST_THE_END = 'bad memory access: walked past the end of a scatterlist';

function entries(sgl: scatterlist | null): scatterlist[] {
  const found: scatterlist[] = [];
  for (let sg = sgl; sg; sg = sg_next(sg)) found.push(sg);
  return found;
}

/** [pages, other allocations] that a table of so many entries takes: full chunks are pages. */
const CHUNKS: [number, [number, number]][] = [
  [1, [0, 1]],
  [127, [0, 1]],
  [128, [1, 0]], // fits a page exactly: no link is needed
  [129, [1, 1]], // 127 and a link, then 2
  [254, [1, 1]],
  [255, [2, 0]], // 127 and a link, then 128
  [256, [2, 1]],
  [382, [3, 0]],
];

describe('sg_alloc_table', () => {
  const { boot_machine } = leak_checked();

  for (const [nents, [pages, allocations]] of CHUNKS)
    it(`chains ${String(nents)} entries over ${String(pages)} pages and ${String(allocations)} allocations`, () => {
      const k = boot_machine();
      const table = new sg_table();
      expect(k.sg.sg_alloc_table(table, nents, GFP_KERNEL)).to.equal(0);
      expect([table.nents, table.orig_nents, sg_nents(table.sgl)]).to.deep.equal([
        nents,
        nents,
        nents,
      ]);
      expect([k.page_alloc.pages_in_use, k.slab.in_use()]).to.deep.equal([pages, allocations]);
      expect(new Set(entries(table.sgl)).size).to.equal(nents);
      k.sg.sg_free_table(table);
      expect([table.sgl, table.orig_nents]).to.deep.equal([null, 0]);
    });

  for (const nents of [1, 128, 129, 255, 400])
    it(`gives everything back whichever allocation of ${String(nents)} entries fails`, () => {
      const k = boot_machine();
      const table = new sg_table();
      let passages = 0;
      for (const site of ['page_alloc', 'kmalloc'])
        passages += for_each_failure(
          k,
          site,
          () => k.sg.sg_alloc_table(table, nents, GFP_ATOMIC),
          (failed, ret, n) => {
            expect(ret, `${site} ${String(n)}`).to.equal(failed ? -ENOMEM : 0);
            if (!failed) k.sg.sg_free_table(table);
            expect([table.sgl, k.page_alloc.pages_in_use, k.slab.in_use()]).to.deep.equal([
              null,
              0,
              0,
            ]);
          },
        );
      expect(passages).to.equal(Math.ceil(Math.max(1, nents - 1) / 127));
    });

  it('refuses a table without entries', () => {
    const k = boot_machine();
    const table = new sg_table();
    expect(k.sg.sg_alloc_table(table, 0, GFP_KERNEL)).to.equal(-EINVAL);
    k.sg.sg_free_table(table);
  });
});

describe('scatterlist entries', () => {
  const { boot_machine } = leak_checked();

  function filled(k: machine, n: number): scatterlist[] {
    const list = sg_array(n);
    list.forEach((sg, i) => {
      sg_set_page(sg, k.mm.pfn_to_page(10 + i), 100 + i, 20 + i);
      sg.dma_address = dma_addr_t(0x8000 + i);
      sg.dma_length = 50 + i;
    });
    return list;
  }

  it('know their page, place and length', () => {
    const k = boot_machine();
    const sg = deref(filled(k, 3)[1]);
    expect([sg_page(sg).pfn, sg_phys(sg), sg.length, sg_dma_address(sg), sg_dma_len(sg)]).to.eql([
      11,
      11 * PAGE_SIZE + 21,
      101,
      0x8001,
      51,
    ]);
    expect(catch_oops(() => sg_page(deref(sg_array(1)[0]))).message).to.equal(
      'bad memory access: scatterlist entry without a page',
    );
  });

  it('end where the mark is: one step further is NULL, two are an oops', () => {
    const k = boot_machine();
    const list = filled(k, 3);
    expect(sg_next(deref(list[2]))).to.equal(null);
    expect(catch_oops(() => sg_next(null)).message).to.equal(PAST_THE_END);
    sg_mark_end(deref(list[0]));
    expect(sg_nents(deref(list[0]))).to.equal(1);
    deref(list[2]).is_last = false;
    expect(catch_oops(() => sg_next(deref(list[2]))).message).to.equal(PAST_THE_END);
    expect(sg_array(0)).to.deep.equal([]);
    expect(sg_nents(null)).to.equal(0);
  });

  it('are copied one by one, through chains, into a flat list with an end of its own', () => {
    const k = boot_machine();
    const table = new sg_table();
    k.sg.sg_alloc_table(table, 130, GFP_KERNEL);
    entries(table.sgl).forEach((sg, i) => {
      sg_set_page(sg, k.mm.pfn_to_page(10 + i), i, 2 * i);
      sg.dma_length = 3 * i;
    });
    const copy = entries(sg_copy_list(deref(table.sgl), 129));
    expect(copy).to.have.length(129);
    copy.forEach((sg, i) => {
      expect([sg_page(sg).pfn, sg.length, sg.offset, sg.dma_length]).to.eql([
        10 + i,
        i,
        2 * i,
        3 * i,
      ]);
      expect(sg.chain).to.equal(null);
    });
    k.sg.sg_free_table(table);
    expect(sg_page(deref(copy[128])).pfn).to.equal(138);
  });

  it('cannot be copied beyond their end, nor none of them', () => {
    const k = boot_machine();
    const first = deref(filled(k, 2)[0]);
    expect(catch_oops(() => sg_copy_list(first, 3)).kind).to.equal('bad-access');
    expect(catch_oops(() => sg_copy_list(first, 0)).kind).to.equal('bad-access');
  });

  it('fit a page 128 times', () => {
    expect(SG_MAX_SINGLE_ALLOC).to.equal(128);
  });
});
