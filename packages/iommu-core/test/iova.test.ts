// SPDX-License-Identifier: GPL-2.0-only
// Tests of the address allocator's tree: order, alignment, limits, cached nodes, what it remembers of failures.

import { expect } from 'chai';
import { DMA_BIT_MASK, PAGE_SIZE, ULONG_MAX, deref, dma_addr_t } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  iova_align,
  iova_c,
  iova_dma_addr,
  iova_domain,
  iova_mask,
  iova_offset,
  iova_pfn,
  iova_shift,
  iova_size,
} from '@iommu-bounce/iommu-core';
import { PFN_4G, new_allocator } from './new-allocator';

describe('init_iova_domain', () => {
  const { boot_machine, write_off } = leak_checked();

  it('accepts powers of two up to the page size as granule', () => {
    const k = boot_machine();
    for (const granule of [1, 1024, PAGE_SIZE]) {
      const a = new_allocator(k, 1, granule);
      expect(a.iovad.dma_32bit_pfn).to.equal(2 ** 32 / granule);
      expect(a.iovad.start_pfn).to.equal(1);
      a.end();
    }
  });

  for (const granule of [0, 3, 2 * PAGE_SIZE])
    it(`dies of a granule of ${String(granule)}`, () => {
      const k = boot_machine();
      write_off(k);
      const v = new iova_c(k);
      v.iova_cache_get();
      const died = catch_oops(() => {
        v.init_iova_domain(new iova_domain(), granule, 1);
      });
      expect(died.kind).to.equal('bug');
    });
});

describe('the inline helpers of iova.h', () => {
  const { boot_machine } = leak_checked();

  it('convert between addresses and frames of the granule', () => {
    const a = new_allocator(boot_machine(), 1, 1024);
    const range = deref(a.v.alloc_iova(a.iovad, 3, PFN_4G * 4, false));
    expect(iova_size(range)).to.equal(3);
    expect(iova_shift(a.iovad)).to.equal(10);
    expect(iova_mask(a.iovad)).to.equal(1023);
    expect(iova_align(a.iovad, 1025)).to.equal(2048);
    const addr = iova_dma_addr(a.iovad, range);
    expect(addr).to.equal(range.pfn_lo * 1024);
    expect(iova_pfn(a.iovad, dma_addr_t(addr + 1023))).to.equal(range.pfn_lo);
    expect(iova_offset(a.iovad, addr + 1023)).to.equal(1023);
    a.end();
  });
});

describe('alloc_iova', () => {
  const { boot_machine, write_off } = leak_checked();

  it('hands out from the limit downwards', () => {
    const a = new_allocator(boot_machine());
    expect([a.alloc(1, 100), a.alloc(2, 100), a.alloc(1, 100)]).to.deep.equal([100, 98, 97]);
    a.end();
  });

  it('aligns to the size rounded up to a power of two when asked to, and packs when not', () => {
    const a = new_allocator(boot_machine());
    expect([a.alloc(3, 100), a.alloc(3, 100)]).to.deep.equal([96, 92]);
    expect([a.alloc(3, 100, false), a.alloc(3, 100, false)]).to.deep.equal([89, 86]);
    a.end();
  });

  it('looks below the last allocation first, then once more from the limit', () => {
    const a = new_allocator(boot_machine());
    expect([a.alloc(1, 3), a.alloc(1, 100)]).to.deep.equal([3, 2]);
    expect([a.alloc(1, 100), a.alloc(1, 100)]).to.deep.equal([1, 100]);
    a.end();
  });

  it('serves every frame from start_pfn to the limit and no other', () => {
    const a = new_allocator(boot_machine(), 5);
    const got = Array.from({ length: 4 }, () => a.alloc(1, 8));
    expect(got).to.deep.equal([8, 7, 6, 5]);
    expect([a.alloc(1, 9), a.alloc(1, 8)]).to.deep.equal([9, -1]);
    a.end();
  });

  it('finds the gap that a free left in the middle', () => {
    const a = new_allocator(boot_machine());
    while (a.alloc(4, 63) > 4);
    a.free(33);
    expect([a.alloc(2, 63), a.alloc(2, 63), a.alloc(2, 63)]).to.deep.equal([34, 32, 2]);
    a.end();
  });

  for (const [limit, expected] of [
    [61, 61],
    [99, 99],
    [100, 99],
    [101, 101],
    [140, 139],
    [178, 177],
    [179, 179],
  ] as const)
    it(`starts again at ${String(limit)} with ranges on both sides of it`, () => {
      const a = new_allocator(boot_machine());
      for (let i = 0; i < 40; i++) a.reserve(100 + 2 * i, 100 + 2 * i);
      while (a.alloc(1, 60) > 1);
      expect(a.alloc(1, limit)).to.equal(expected);
      a.end();
    });

  it('takes addresses up to and beyond 4 GiB for what they are', () => {
    const a = new_allocator(boot_machine());
    expect(a.alloc(1, PFN_4G - 1)).to.equal(PFN_4G - 1);
    expect(a.alloc(1, PFN_4G)).to.equal(PFN_4G);
    expect(a.alloc(2, PFN_4G + 1, false)).to.equal(PFN_4G - 3);
    expect(a.find(PFN_4G - 2)).to.deep.equal([PFN_4G - 3, PFN_4G - 2]);
    a.end();
  });

  it('lets a range straddle 4 GiB when nothing says it may not', () => {
    const a = new_allocator(boot_machine());
    expect(a.alloc(2, PFN_4G, false)).to.equal(PFN_4G - 1);
    expect(a.alloc(1, PFN_4G - 1)).to.equal(PFN_4G - 2);
    a.end();
  });

  it('keeps the place of the last search apart for both sides of 4 GiB', () => {
    const a = new_allocator(boot_machine());
    const top = DMA_BIT_MASK(48 - 12);
    expect([a.alloc(1, top), a.alloc(1, PFN_4G - 1)]).to.deep.equal([top, PFN_4G - 1]);
    expect([a.alloc(1, top), a.alloc(1, PFN_4G - 1)]).to.deep.equal([top - 1, PFN_4G - 2]);
    a.free(top);
    expect([a.alloc(1, top), a.alloc(1, PFN_4G - 1)]).to.deep.equal([top, PFN_4G - 3]);
    a.end();
  });

  it('begins below 4 GiB for a limit of the last frame there, above it for the frame after', () => {
    const a = new_allocator(boot_machine());
    expect(a.alloc(1, 10)).to.equal(10);
    expect(a.alloc(1, PFN_4G)).to.equal(PFN_4G);
    expect(a.alloc(1, PFN_4G - 1)).to.equal(9);
    expect(a.alloc(1, PFN_4G)).to.equal(PFN_4G - 1);
    a.end();
  });

  it('gives null and keeps nothing when the node cannot be allocated', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const before = k.usage();
    k.faults.fail('iova_alloc', 2);
    expect(a.alloc(1, 100)).to.equal(-1);
    expect(a.fast(1, 100)).to.equal(0);
    expect(k.usage()).to.deep.equal(before);
    expect(a.alloc(1, 100)).to.equal(100);
    a.end();
  });

  it('gives the node back when there is no room', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.reserve(0, 0);
    const before = k.usage();
    expect(a.alloc(16, 15)).to.equal(-1);
    expect(k.usage()).to.deep.equal(before);
    a.end();
  });

  it('frees the node under the lock of the tree, as v5.13 does', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const held: number[] = [];
    const free = k.slab.kmem_cache_free.bind(k.slab);
    k.slab.kmem_cache_free = (cache, object) => {
      held.push(k.locks.held);
      free(cache, object);
    };
    a.free(a.alloc(1, 100));
    expect(held).to.deep.equal([1]);
    a.end();
  });

  it('never sleeps', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    k.context.preempt_disable();
    a.free(a.alloc(1, 100));
    k.context.preempt_enable();
    expect(k.log.sleeping_in_atomic).to.equal(0);
    a.end();
  });

  it('oopses once the cache of ranges is gone', () => {
    const k = boot_machine();
    write_off(k);
    const a = new_allocator(k);
    a.v.iova_cache_put();
    expect(catch_oops(() => a.alloc(1, 100)).kind).to.equal('bad-access');
  });
});

describe('what alloc_iova remembers of a failure below 4 GiB', () => {
  const { boot_machine } = leak_checked();

  it('refuses as large a range without looking, and serves a smaller one', () => {
    const a = new_allocator(boot_machine());
    a.reserve(0, 0);
    expect(a.alloc(8, 7)).to.equal(-1);
    expect(a.iovad.max32_alloc_size).to.equal(8);
    expect([a.alloc(8, 1000), a.alloc(9, 1000)]).to.deep.equal([-1, -1]);
    expect(a.alloc(7, 1000)).to.equal(992);
    expect(a.alloc(8, PFN_4G)).to.be.greaterThan(0);
    a.end();
  });

  it('forgets it when the lowest range below 4 GiB, or one above that, is freed', () => {
    const a = new_allocator(boot_machine());
    while (a.alloc(1, 7) > 1);
    expect(a.iovad.max32_alloc_size).to.equal(PFN_4G);
    expect(a.alloc(1, 7)).to.equal(-1);
    expect(a.iovad.max32_alloc_size).to.equal(1);
    a.free(4);
    expect(a.alloc(1, 7)).to.equal(4);
    a.end();
  });

  it('finding: goes on refusing when the range that is freed lies below the last one allocated', () => {
    const a = new_allocator(boot_machine());
    while (a.alloc(1, 7) > 1);
    a.free(7);
    expect([a.alloc(1, 7), a.alloc(1, 7)]).to.deep.equal([7, -1]);
    a.free(1);
    a.free(2);
    expect([a.alloc(1, 7), a.find(1), a.find(2)]).to.deep.equal([-1, null, null]);
    a.free(7);
    expect([a.alloc(1, 7), a.alloc(1, 7)]).to.deep.equal([7, 2]);
    a.end();
  });

  it('finding: takes a limit of all ones for none at all and refuses everything from then on', () => {
    const a = new_allocator(boot_machine());
    expect(a.alloc(1, ULONG_MAX)).to.equal(-1);
    expect(a.alloc(1, 100)).to.equal(-1);
    expect(a.alloc(1, PFN_4G)).to.equal(PFN_4G);
    a.end();
  });
});
