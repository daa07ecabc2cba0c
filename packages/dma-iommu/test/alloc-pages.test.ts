// SPDX-License-Identifier: GPL-2.0-only
// Tests of the page helper that patches 1 to 3 prepare for the pool: orders, nodes, contexts, failures.

import { expect } from 'chai';
import sinon from 'sinon';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  MAX_ORDER,
  type machine_options,
  __GFP_COMP,
  __GFP_HIGHMEM,
  __GFP_NORETRY,
  __GFP_NOWARN,
  type page,
} from '@iommu-bounce/linux-shim';
import { catch_oops, for_each_failure, new_device } from '@iommu-bounce/linux-shim/testing';
import type {
  dma_iommu_c,
  dma_iommu_c_before_patch_1,
  dma_iommu_c_before_patch_2,
} from '@iommu-bounce/dma-iommu';
import { type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

type pages = (page | null)[] | null;

/** The helper as it is from patch 2 on. */
function alloc(w: wired, count: number, order_mask: number, nid = -1, gfp = GFP_KERNEL): pages {
  const unit = w.dma_iommu as dma_iommu_c;
  return unit.__iommu_dma_alloc_pages(count, order_mask, nid, gfp, gfp);
}

/** Orders asked for, with the flags that matter. */
function orders_asked(w: wired, run: () => pages): [number, number][] {
  const spy = sinon.spy(w.k.page_alloc, 'alloc_pages_node');
  const got = run();
  spy.restore();
  if (got) w.dma_iommu.__iommu_dma_free_pages(got, got.length);
  return spy.args.map(([, gfp, order]) => [order, gfp & __GFP_NORETRY]);
}

describe('__iommu_dma_alloc_pages', () => {
  const { wire, write_off } = wiring();

  it('gives single pages out of the largest blocks that are allowed', () => {
    const w = wire();
    const got = alloc(w, 13, 1 | 4 | 8);
    expect(got).to.have.length(13);
    expect(new Set(got?.map((p) => p?._refcount))).to.eql(new Set([1]));
    w.dma_iommu.__iommu_dma_free_pages(got ?? [], 13);
    expect(orders_asked(w, () => alloc(w, 13, 1 | 4 | 8))).to.eql([
      [3, __GFP_NORETRY],
      [2, __GFP_NORETRY],
      [0, 0],
    ]);
  });

  it('falls back to smaller blocks and stays there', () => {
    const w = wire();
    w.k.faults.fail('page_alloc', 1);
    const orders = orders_asked(w, () => alloc(w, 8, 1 | 4)).map(([order]) => order);
    expect(orders).to.eql([2, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('tries the smallest order as hard as it may', () => {
    const w = wire();
    expect(orders_asked(w, () => alloc(w, 8, 8))).to.eql([[3, 0]]);
  });

  it('gives nothing when no order is allowed or the last pages are fewer than a block', () => {
    const w = wire();
    expect(alloc(w, 4, 0)).to.equal(null);
    expect(alloc(w, 4, 2 ** (MAX_ORDER + 1))).to.equal(null);
    expect(alloc(w, 5, 4)).to.equal(null);
  });

  it('gives an empty array for no page', () => {
    const w = wire();
    const none = alloc(w, 0, 1);
    expect(none).to.eql([]);
    w.dma_iommu.__iommu_dma_free_pages(none ?? [], 0);
  });

  it('prefers highmem, never warns and never makes compound pages', () => {
    const highmem: machine_options = {
      memory: { nodes: [{ lowmem_pages: 64, highmem_pages: 64 }] },
    };
    const w = wire({ machine: highmem });
    const spy = sinon.spy(w.k.page_alloc, 'alloc_pages_node');
    const got = alloc(w, 1, 1, -1, GFP_KERNEL | __GFP_COMP) ?? [];
    expect(got[0]?.highmem).to.equal(true);
    const gfp = spy.args[0]?.[1] ?? 0;
    expect(gfp & (__GFP_HIGHMEM | __GFP_NOWARN)).to.equal(__GFP_HIGHMEM | __GFP_NOWARN);
    expect(gfp & __GFP_COMP).to.equal(0);
    w.dma_iommu.__iommu_dma_free_pages(got, 1);
  });

  it('takes the pages of the node', () => {
    const w = wire({
      machine: { memory: { nodes: [{ lowmem_pages: 64 }, { lowmem_pages: 64 }] } },
    });
    for (const nid of [0, 1]) {
      const got = alloc(w, 3, 1, nid) ?? [];
      expect(got.map((p) => p?.nid)).to.eql([nid, nid, nid]);
      w.dma_iommu.__iommu_dma_free_pages(got, 3);
    }
  });

  it('gives everything back when an allocation fails', () => {
    for (const site of ['kmalloc', 'page_alloc']) {
      const w = wire();
      const before = w.k.usage();
      const failures = for_each_failure(
        w.k,
        site,
        () => alloc(w, 5, 1),
        (failed, got) => {
          expect(got === null).to.equal(failed);
          if (got) w.dma_iommu.__iommu_dma_free_pages(got, 5);
          expect(w.k.usage()).to.eql(before);
        },
      );
      expect(failures).to.equal(site === 'kmalloc' ? 1 : 5);
    }
  });

  it('never sleeps with GFP_ATOMIC twice', () => {
    const w = wire();
    w.k.context.preempt_disable();
    const got = alloc(w, 5, 1, -1, GFP_ATOMIC);
    w.dma_iommu.__iommu_dma_free_pages(got ?? [], 5);
    w.k.context.preempt_enable();
    expect(w.k.log.sleeping_in_atomic).to.equal(0);
  });

  it('before patch 1, sleeps for the array whatever the flags say', () => {
    const w = wire({ patches: 0 });
    const unit = w.dma_iommu as unknown as dma_iommu_c_before_patch_1;
    w.k.context.preempt_disable();
    const got = unit.__iommu_dma_alloc_pages(new_device(), 2, 1, GFP_ATOMIC);
    unit.__iommu_dma_free_pages(got ?? [], 2);
    w.k.context.preempt_enable();
    expect(w.k.log.sleeping_in_atomic).to.equal(1);
  });

  it('after patch 1, sleeps only where told to', () => {
    const w = wire({ patches: 1 });
    const unit = w.dma_iommu as unknown as dma_iommu_c_before_patch_2;
    w.k.context.preempt_disable();
    for (const [page_gfp, kalloc_gfp, sleeps] of [
      [GFP_ATOMIC, GFP_ATOMIC, 0],
      [GFP_ATOMIC, GFP_KERNEL, 1],
      [GFP_KERNEL, GFP_ATOMIC, 2],
    ] as const) {
      w.k.log.sleeping_in_atomic = 0;
      const got = unit.__iommu_dma_alloc_pages(new_device(), 2, 1, page_gfp, kalloc_gfp);
      unit.__iommu_dma_free_pages(got ?? [], 2);
      expect(w.k.log.sleeping_in_atomic).to.equal(sleeps);
    }
    w.k.context.preempt_enable();
  });

  it('before patch 2, takes the node of the device and dies without one', () => {
    const memory = { nodes: [{ lowmem_pages: 64 }, { lowmem_pages: 64 }] };
    for (const patches of [0, 1] as const) {
      const w = wire({ patches, machine: { memory } });
      const unit = w.dma_iommu as unknown as dma_iommu_c_before_patch_2;
      const got = unit.__iommu_dma_alloc_pages(
        new_device({ numa_node: 1 }),
        2,
        1,
        GFP_KERNEL,
        GFP_KERNEL,
      );
      expect(got?.map((p) => p?.nid)).to.eql([1, 1]);
      unit.__iommu_dma_free_pages(got ?? [], 2);
      const died = catch_oops(() =>
        unit.__iommu_dma_alloc_pages(null, 2, 1, GFP_KERNEL, GFP_KERNEL),
      );
      expect(died.kind).to.equal('bad-access');
      write_off(w);
    }
  });

  it('fails alike before each patch', () => {
    for (const patches of [0, 1, 2, 3] as const) {
      const w = wire({ patches });
      const unit = w.dma_iommu as unknown as dma_iommu_c_before_patch_2;
      const dev = new_device();
      const call = (count: number, order_mask: number): pages =>
        patches < 2
          ? unit.__iommu_dma_alloc_pages(dev, count, order_mask, GFP_KERNEL, GFP_KERNEL)
          : alloc(w, count, order_mask);
      expect(call(3, 0)).to.equal(null);
      for (const site of ['kmalloc', 'page_alloc']) {
        const failures = for_each_failure(
          w.k,
          site,
          () => call(4, 1 | 2),
          (failed, got) => {
            if (got) w.dma_iommu.__iommu_dma_free_pages(got, 4);
            if (site === 'kmalloc') expect(got === null).to.equal(failed);
          },
        );
        expect(failures).to.be.greaterThan(0);
      }
    }
  });

  it('finding: order 11 is asked for, which no page allocator has', () => {
    const w = wire();
    const orders = orders_asked(w, () => alloc(w, 2 ** MAX_ORDER, 1 | (2 ** MAX_ORDER)));
    expect(orders[0]).to.eql([MAX_ORDER, __GFP_NORETRY]);
    expect(orders[1]).to.eql([0, 0]);
    expect(alloc(w, 2 ** MAX_ORDER, 2 ** MAX_ORDER)).to.equal(null);
  });
});
