// SPDX-License-Identifier: GPL-2.0-only
// Tests of reserved ranges, of finding and freeing ranges, and of searches that leave a domain's bounds.

import { expect } from 'chai';
import { ULONG_MAX, deref } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';
import { new_allocator } from './new-allocator';

describe('reserve_iova', () => {
  const { boot_machine, write_off } = leak_checked();

  it('keeps a range from being handed out', () => {
    const a = new_allocator(boot_machine());
    expect(a.reserve(8, 11)).to.deep.equal([8, 11]);
    expect([a.alloc(4, 15), a.alloc(4, 15), a.alloc(4, 15)]).to.deep.equal([12, 4, -1]);
    a.end();
  });

  it('returns the range that holds the wanted one already, and adds none', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.reserve(10, 19);
    const before = k.usage();
    for (const [lo, hi] of [
      [10, 19],
      [10, 12],
      [15, 15],
      [17, 19],
    ] as const)
      expect(a.reserve(lo, hi)).to.deep.equal([10, 19]);
    expect(k.usage()).to.deep.equal(before);
    a.end();
  });

  it('lets a range grow downwards', () => {
    const a = new_allocator(boot_machine());
    a.reserve(10, 19);
    expect(a.reserve(5, 12)).to.deep.equal([5, 19]);
    expect(a.find(5)).to.deep.equal([5, 19]);
    expect(a.find(4)).to.equal(null);
    a.end();
  });

  it('counts a single frame at either end as overlap', () => {
    const a = new_allocator(boot_machine());
    a.reserve(10, 19);
    expect(a.reserve(19, 21)).to.deep.equal([20, 21]);
    expect(a.reserve(8, 10)).to.deep.equal([8, 19]);
    a.end();
  });

  it('adds what sticks out above as a range of its own', () => {
    const a = new_allocator(boot_machine());
    a.reserve(10, 19);
    expect(a.reserve(15, 24)).to.deep.equal([20, 24]);
    expect(a.find(19)).to.deep.equal([10, 19]);
    a.end();
  });

  it('grows and adds at once around a smaller range', () => {
    const a = new_allocator(boot_machine());
    a.reserve(10, 19);
    expect(a.reserve(5, 30)).to.deep.equal([20, 30]);
    expect([a.find(5), a.find(30)]).to.deep.equal([
      [5, 19],
      [20, 30],
    ]);
    a.end();
  });

  it('fills the gap between two ranges by growing the upper one', () => {
    const a = new_allocator(boot_machine());
    a.reserve(10, 19);
    a.reserve(30, 39);
    expect(a.reserve(15, 35)).to.deep.equal([20, 39]);
    expect(a.find(25)).to.deep.equal([20, 39]);
    a.end();
  });

  it('does not join neighbours', () => {
    const a = new_allocator(boot_machine());
    a.reserve(10, 19);
    expect(a.reserve(20, 29)).to.deep.equal([20, 29]);
    expect(a.reserve(5, 9)).to.deep.equal([5, 9]);
    expect(a.find(10)).to.deep.equal([10, 19]);
    a.end();
  });

  it('finding: swallows a range that was allocated, which then takes the reservation with it', () => {
    const a = new_allocator(boot_machine());
    expect(a.alloc(4, 19)).to.equal(16);
    expect(a.reserve(10, 19)).to.deep.equal([10, 19]);
    a.free(16);
    expect(a.find(10)).to.equal(null);
    expect(a.alloc(8, 17)).to.equal(8);
    a.end();
  });

  it('gives null without memory, and forgets nothing that was reserved', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.reserve(10, 19);
    k.faults.fail('iova_alloc', 2);
    expect(a.reserve(30, 39)).to.equal(null);
    expect(a.reserve(15, 24)).to.equal(null);
    expect(a.reserve(5, 12)).to.deep.equal([5, 19]); // needs no memory
    expect([a.find(20), a.find(30)]).to.deep.equal([null, null]);
    a.end();
  });

  it('warns of frames whose addresses have more than 64 bits', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const max_pfn = Math.floor(ULONG_MAX / a.iovad.granule);
    expect(a.reserve(max_pfn, max_pfn)).to.deep.equal([max_pfn, max_pfn]);
    expect(k.log.warnings).to.equal(0);
    expect([a.reserve(1, max_pfn + 1), a.reserve(max_pfn + 1, 1)]).to.deep.equal([null, null]);
    expect(k.log.warnings).to.equal(2);
    a.end();
  });

  it('warns of a range with its ends the wrong way round where one starts already, and loses its node', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.reserve(10, 10);
    expect(a.reserve(10, 9)).to.deep.equal([10, 9]);
    expect(k.log.warnings).to.equal(1);
    expect(a.find(10)).to.deep.equal([10, 10]);
    a.end();
    expect(k.usage().allocations).to.equal(1);
    write_off(k);
  });
});

describe('find_iova and free_iova', () => {
  const { boot_machine } = leak_checked();

  it('know a range by each of its frames', () => {
    const a = new_allocator(boot_machine());
    const lo = a.alloc(4, 100);
    for (let pfn = lo; pfn < lo + 4; pfn++) expect(a.find(pfn)).to.deep.equal([lo, lo + 3]);
    expect([a.find(lo - 1), a.find(lo + 4)]).to.deep.equal([null, null]);
    a.free(lo + 2);
    expect(a.find(lo)).to.equal(null);
    a.end();
  });

  it('do nothing with a frame that is not taken', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.alloc(1, 100);
    const before = k.usage();
    a.free(99);
    expect(k.usage()).to.deep.equal(before);
    a.end();
  });

  it('give back every node', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const before = k.usage();
    const all = Array.from({ length: 100 }, (_, i) => a.alloc(1 + (i % 7), 1000));
    for (const pfn of all) a.free(pfn);
    expect(k.usage()).to.deep.equal(before);
    a.end();
  });

  it('free a known range without looking for it', () => {
    const a = new_allocator(boot_machine());
    const range = deref(a.v.alloc_iova(a.iovad, 2, 100, true));
    a.v.__free_iova(a.iovad, range);
    expect(a.find(range.pfn_lo)).to.equal(null);
    a.end();
  });

  it('warn when the cache of ranges is put once too often', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.v.iova_cache_get();
    a.v.iova_cache_put();
    expect(a.alloc(1, 100)).to.equal(100);
    a.end();
    expect(k.log.warnings).to.equal(0);
    a.v.iova_cache_put();
    expect(k.log.warnings).to.equal(1);
    expect(k.usage().locks_held).to.equal(0);
  });
});

describe('a search that starts again at the anchor', () => {
  const { boot_machine, write_off } = leak_checked();

  it('finding: wraps to frame 0 and hands out what lies below start_pfn', () => {
    const a = new_allocator(boot_machine(), 16);
    expect(a.alloc(8, 15)).to.equal(8);
    a.end();
  });

  it('loses a domain of 16 frames to a range that starts at 0, which alloc_iova_fast takes for a failure', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const before = k.usage().allocations;
    expect(a.fast(16, 15)).to.equal(0);
    expect(a.find(0)).to.deep.equal([0, 15]);
    expect(k.usage().allocations).to.equal(before + 1);
    expect(a.fast(1, 15, true)).to.equal(0);
    a.end();
  });

  it('finding: then goes round for ever with the lock held once the range below start_pfn ends there', () => {
    const k = boot_machine();
    write_off(k);
    const a = new_allocator(k);
    while (a.alloc(1, 7) > 1);
    a.free(7); // the last search now ended at the anchor
    expect(a.fast(1, 6)).to.equal(0);
    expect(a.find(0)).to.deep.equal([0, 0]);
    const died = catch_oops(() => a.fast(2, 7));
    expect(died.kind).to.equal('lockup');
    expect(k.usage().irqs_disabled).to.equal(true);
  });
});
