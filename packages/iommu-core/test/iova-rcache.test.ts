// SPDX-License-Identifier: GPL-2.0-only
// Tests of the range caches: magazines of 128, two for each CPU and size, a depot of 32 for each size.

import { expect } from 'chai';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';
import { MAX_GLOBAL_MAGS } from '@iommu-bounce/iommu-core';
import { type allocator, new_allocator } from './new-allocator';

const MAG = 128;
const TOP = 100_000;

/** Allocates n single frames and frees them into the caches; they are TOP, TOP - 1, ... */
function fill(a: allocator, n: number): number[] {
  const all = Array.from({ length: n }, () => a.alloc(1, TOP));
  for (const pfn of all) a.free_fast(pfn, 1);
  return all;
}

describe('free_iova_fast and alloc_iova_fast', () => {
  const { boot_machine } = leak_checked();

  it('give back the last range freed first', () => {
    const a = new_allocator(boot_machine());
    expect(fill(a, 3)).to.deep.equal([TOP, TOP - 1, TOP - 2]);
    expect([a.fast(1, TOP), a.fast(1, TOP), a.fast(1, TOP)]).to.deep.equal([TOP - 2, TOP - 1, TOP]);
    a.end();
  });

  it('keep a cached range in the tree, so that nobody else gets it', () => {
    const a = new_allocator(boot_machine());
    const [pfn = 0] = fill(a, 1);
    expect(a.find(pfn)).to.deep.equal([pfn, pfn]);
    expect(a.alloc(1, TOP)).to.equal(pfn - 1);
    a.end();
  });

  for (const size of [1, 2, 4, 8, 16, 32])
    it(`cache ranges of ${String(size)} frames`, () => {
      const a = new_allocator(boot_machine());
      const pfn = a.fast(size, TOP);
      a.free_fast(pfn, size);
      expect(a.find(pfn)).not.to.equal(null);
      expect(a.fast(size, TOP)).to.equal(pfn);
      a.end();
    });

  it('do not cache ranges of more than 32 frames', () => {
    const a = new_allocator(boot_machine());
    const pfn = a.fast(33, TOP);
    a.free_fast(pfn, 33);
    expect(a.find(pfn)).to.equal(null);
    a.end();
  });

  it('serve a size from the cache of its power of two', () => {
    const a = new_allocator(boot_machine());
    const pfn = a.fast(8, TOP);
    a.free_fast(pfn, 8);
    expect(a.fast(4, TOP)).not.to.equal(pfn);
    expect(a.fast(5, TOP)).to.equal(pfn);
    a.end();
  });

  it('hold 256 ranges for a CPU without memory, swapping the two magazines', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const before = k.usage().allocations;
    const all = fill(a, 2 * MAG);
    expect(k.usage().allocations).to.equal(before + 2 * MAG);
    const got = Array.from({ length: 2 * MAG }, () => a.fast(1, TOP));
    expect(got).to.deep.equal([...all].reverse());
    expect(a.fast(1, TOP)).to.equal(TOP - 2 * MAG);
    a.end();
  });

  it('take a magazine from the depot when both are empty', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const all = fill(a, 2 * MAG + 1);
    const got = Array.from({ length: 2 * MAG + 1 }, () => a.fast(1, TOP));
    // The 257th opens a new magazine, behind it comes the first one, and the second one waits in the depot.
    const order = [
      all[2 * MAG],
      ...all.slice(0, MAG).reverse(),
      ...all.slice(MAG, 2 * MAG).reverse(),
    ];
    expect(got).to.deep.equal(order);
    a.end();
  });

  it('fill a depot of 32 magazines and then free one of them to the tree', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const n = (2 + MAX_GLOBAL_MAGS) * MAG;
    const all = fill(a, n);
    const before = k.usage().allocations;
    const cached = all.filter((pfn) => a.find(pfn));
    expect(cached).to.have.lengthOf(n);
    const [last = 0] = fill(a, 1);
    expect(k.usage().allocations).to.equal(before + 1 - MAG);
    expect(all.filter((pfn) => !a.find(pfn))).to.deep.equal(all.slice(n - MAG));
    expect(a.fast(1, TOP)).to.equal(last);
    a.end();
  });

  it('free to the tree when there is no memory for a third magazine', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    fill(a, 2 * MAG);
    const pfn = a.alloc(1, TOP);
    k.faults.fail('kmalloc', 1);
    a.free_fast(pfn, 1);
    expect(a.find(pfn)).to.equal(null);
    expect(k.log.warnings).to.equal(0);
    a.end();
  });

  it('warn of a cached range that somebody freed behind their back', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    const [pfn = 0] = fill(a, 2);
    a.free(pfn);
    a.v.cpuhp_dead(0);
    expect(k.log.warnings).to.equal(1);
    a.end();
  });
});

describe('the limit of alloc_iova_fast', () => {
  const { boot_machine } = leak_checked();

  it('passes over cached ranges above it, the last one freed first', () => {
    const a = new_allocator(boot_machine());
    for (const pfn of [90, 80, 50, 10]) expect(a.alloc(1, pfn)).to.equal(pfn);
    for (const pfn of [50, 10, 80, 90]) a.free_fast(pfn, 1);
    expect(a.fast(1, 60)).to.equal(10); // the last one, 90, takes its place
    expect([a.fast(1, TOP), a.fast(1, TOP), a.fast(1, TOP)]).to.deep.equal([80, 90, 50]);
    a.end();
  });

  it('counts the last frame of a range', () => {
    const a = new_allocator(boot_machine());
    expect(a.fast(4, 51)).to.equal(48);
    a.free_fast(48, 4);
    expect(a.fast(4, 50)).to.equal(44);
    expect(a.fast(4, 51)).to.equal(48);
    a.end();
  });

  it('is not looked for in the other magazine when the loaded one has nothing low enough', () => {
    const a = new_allocator(boot_machine());
    const all = Array.from({ length: MAG }, () => a.alloc(1, TOP));
    a.free_fast(a.alloc(1, 10), 1);
    for (const pfn of all) a.free_fast(pfn, 1);
    expect(a.fast(1, 10)).to.equal(9);
    a.end();
  });

  it('is forgotten when it is lower than the size: the difference wraps', () => {
    const a = new_allocator(boot_machine());
    const pfn = a.fast(16, TOP);
    a.free_fast(pfn, 16);
    expect(a.fast(16, 15)).to.be.lessThan(16);
    expect(a.fast(16, 14)).to.equal(pfn);
    a.end();
  });
});

describe('range caches and exhaustion', () => {
  const { boot_machine } = leak_checked();

  it('are flushed, those of all CPUs, only when the caller asks for it', () => {
    const k = boot_machine({ nr_cpus: 3 });
    const a = new_allocator(k);
    a.reserve(0, 0);
    for (let i = 0; i < 15; i++) {
      k.context.run_on_cpu(i % 2);
      a.free_fast(a.alloc(1, 15), 1);
    }
    k.context.run_on_cpu(2);
    expect(a.fast(8, 15)).to.equal(0);
    expect(a.fast(8, 15, true)).to.equal(8);
    expect([a.find(1), a.find(7)]).to.deep.equal([null, null]);
    expect(a.fast(16, 15, true)).to.equal(0);
    a.end();
  });

  it('are flushed with their depot, whose magazines are freed', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    a.reserve(0, 0);
    const before = k.usage();
    const all = Array.from({ length: 4 * MAG - 1 }, () => a.alloc(1, 4 * MAG - 1));
    for (const pfn of all) a.free_fast(pfn, 1);
    const whole = a.fast(2 * MAG, 4 * MAG - 1, true);
    expect(whole).to.equal(2 * MAG);
    a.free_fast(whole, 2 * MAG);
    // A third magazine has taken the place of one that went to the depot and away.
    expect(k.usage()).to.deep.equal(before);
    a.end();
  });
});

describe('range caches of several CPUs', () => {
  const { boot_machine } = leak_checked();

  it('do not see each other’s ranges', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const a = new_allocator(k);
    const [pfn = 0] = fill(a, 1);
    k.context.run_on_cpu(1);
    expect(a.fast(1, TOP)).to.equal(pfn - 1);
    k.context.run_on_cpu(0);
    expect(a.fast(1, TOP)).to.equal(pfn);
    a.end();
  });

  it('share the depot', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const a = new_allocator(k);
    const all = fill(a, 2 * MAG + 1);
    k.context.run_on_cpu(1);
    expect(a.fast(1, TOP)).to.equal(all[2 * MAG - 1]);
    a.end();
  });

  it('are freed to the tree when their CPU dies, in every domain', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const a = new_allocator(k);
    const other = new_allocator(k);
    const [kept = 0] = fill(a, 1);
    k.context.run_on_cpu(1);
    const lost = a.alloc(1, TOP);
    a.free_fast(lost, 1);
    const [of_other = 0] = fill(other, 1);
    a.v.cpuhp_dead(1);
    expect([a.find(kept), a.find(lost)]).to.deep.equal([[kept, kept], null]);
    expect(other.find(of_other)).not.to.equal(null); // another iova_c: another kernel
    other.v.cpuhp_dead(1);
    expect(other.find(of_other)).to.equal(null);
    other.end();
    a.v.cpuhp_dead(0);
    expect(a.find(kept)).to.equal(null);
    a.end();
    a.v.cpuhp_dead(0); // the domain is not called any more
  });
});

describe('range caches without memory', () => {
  const { boot_machine, write_off } = leak_checked();

  it('finding: oops at the first free when the loaded magazine could not be allocated', () => {
    const k = boot_machine();
    write_off(k);
    k.faults.fail('kmalloc', 1);
    const a = new_allocator(k);
    const pfn = a.fast(1, TOP);
    expect(
      catch_oops(() => {
        a.free_fast(pfn, 1);
      }).kind,
    ).to.equal('bad-access');
  });

  it('oops at the 129th free when the other magazine could not be allocated', () => {
    const k = boot_machine();
    write_off(k);
    k.faults.fail('kmalloc', 1, 1);
    const a = new_allocator(k);
    fill(a, MAG);
    const pfn = a.alloc(1, TOP);
    expect(
      catch_oops(() => {
        a.free_fast(pfn, 1);
      }).kind,
    ).to.equal('bad-access');
  });

  it('go without harm when nothing is freed into them', () => {
    const k = boot_machine();
    k.faults.fail('kmalloc', 12);
    const a = new_allocator(k);
    expect([a.fast(1, TOP), a.fast(2, TOP)]).to.deep.equal([TOP, TOP - 2]);
    a.free(TOP);
    a.v.cpuhp_dead(0);
    a.end();
  });

  it('warn, and oops when used, when there is no per-CPU area', () => {
    const k = boot_machine();
    write_off(k);
    k.faults.fail('percpu', 1);
    const a = new_allocator(k);
    expect(k.log.warnings).to.equal(1);
    expect(a.fast(2, TOP)).to.equal(TOP - 2);
    expect(catch_oops(() => a.fast(1, TOP)).kind).to.equal('bad-access');
  });
});
