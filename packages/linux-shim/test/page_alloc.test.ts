// SPDX-License-Identifier: GPL-2.0-only
// Tests of the page allocator: blocks, nodes, kinds of memory, contents, accounting and wrong use.

import { expect } from 'chai';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  MAX_ORDER,
  NUMA_NO_NODE,
  PAGE_SIZE,
  __GFP_HIGHMEM,
  __GFP_NOWARN,
  __GFP_THISNODE,
  __GFP_ZERO,
  deref,
  type machine,
  nth_page,
  type page,
  page_address,
  page_to_phys,
} from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked, read_bytes } from '@iommu-bounce/linux-shim/testing';

const NODES = (...nodes: [number, number][]) => ({
  memory: {
    nodes: nodes.map(([lowmem_pages, highmem_pages]) => ({ lowmem_pages, highmem_pages })),
  },
});

/** For blocks of the largest order. */
const LARGE = NODES([2 * 2 ** (MAX_ORDER - 1), 0]);

/** Takes single pages until none is left. */
function drain(k: machine, nid: number, gfp: number): page[] {
  const all: page[] = [];
  for (;;) {
    const p = k.page_alloc.alloc_pages_node(nid, gfp | __GFP_NOWARN, 0);
    if (!p) return all;
    all.push(p);
  }
}

function free_all(k: machine, all: page[]): void {
  for (const p of all) k.page_alloc.__free_page(p);
}

describe('alloc_pages', () => {
  const { boot_machine, write_off } = leak_checked();

  it('gives aligned blocks of every order, counted in pages', () => {
    const k = boot_machine(LARGE);
    for (let order = 0; order < MAX_ORDER; order++) {
      const p = deref(k.page_alloc.alloc_pages(GFP_KERNEL, order));
      expect([p.pfn % 2 ** order, p._refcount]).to.deep.equal([0, 1]);
      expect(k.page_alloc.pages_in_use).to.equal(2 ** order);
      k.page_alloc.__free_pages(p, order);
      expect(k.page_alloc.pages_in_use).to.equal(0);
    }
  });

  it('hands out the lowest frames first, and the last freed block next', () => {
    const k = boot_machine(NODES([15, 0]));
    const all = drain(k, 0, GFP_KERNEL);
    expect(all.map((p) => p.pfn)).to.deep.equal(Array.from({ length: 15 }, (_, i) => i + 1));
    k.page_alloc.__free_page(deref(all[9]));
    k.page_alloc.__free_page(deref(all[4]));
    const next = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
    expect(next.pfn).to.equal(5);
    free_all(k, [next, ...all.filter((_, i) => i !== 9 && i !== 4)]);
  });

  it('fills fresh pages with the poison byte, or with zeroes if asked', () => {
    for (const [poison, gfp, byte] of [
      [undefined, GFP_KERNEL, 0xaa],
      [0x5c, GFP_KERNEL, 0x5c],
      [0x5c, GFP_KERNEL | __GFP_ZERO, 0],
    ] as const) {
      const k = boot_machine({
        memory: { nodes: [{ lowmem_pages: 7 }] },
        ...(poison === undefined ? {} : { poison }),
      });
      const p = deref(k.page_alloc.alloc_pages(gfp, 2));
      const bytes = read_bytes(k, page_to_phys(p), 4 * PAGE_SIZE);
      expect(bytes.every((b) => b === byte)).to.equal(true);
      expect(
        read_bytes(k, page_to_phys(nth_page(p, -1)), PAGE_SIZE).every((b) => b === 0),
      ).to.equal(true);
      k.page_alloc.__free_pages(p, 2);
    }
  });

  it('refuses MAX_ORDER and more, with a warning unless told not to', () => {
    const k = boot_machine(LARGE);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL, MAX_ORDER)).to.equal(null);
    expect(k.log.warnings).to.equal(1);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL | __GFP_NOWARN, 52)).to.equal(null);
    expect(k.log.warnings).to.equal(1);
    const p = deref(k.page_alloc.alloc_pages(GFP_KERNEL, MAX_ORDER - 1));
    k.page_alloc.__free_pages(p, MAX_ORDER - 1);
  });

  it('fails when memory is there, but in pieces that are too small', () => {
    const k = boot_machine(NODES([15, 0]));
    const all = drain(k, 0, GFP_KERNEL);
    const odd = all.filter((p) => p.pfn % 2 === 1);
    free_all(k, odd);
    expect([k.page_alloc.free_pages(), k.page_alloc.largest_free_order()]).to.deep.equal([8, 0]);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL | __GFP_NOWARN, 1)).to.equal(null);
    free_all(
      k,
      all.filter((p) => p.pfn % 2 === 0),
    );
    expect(k.page_alloc.largest_free_order()).to.equal(3);
  });

  it('fails at its site, once per call whatever the order', () => {
    const k = boot_machine();
    k.faults.fail('page_alloc', 1, 1);
    const first = deref(k.page_alloc.alloc_pages(GFP_ATOMIC, 5));
    expect(k.page_alloc.alloc_pages(GFP_ATOMIC, 0)).to.equal(null);
    expect(k.page_alloc.pages_in_use).to.equal(32);
    k.page_alloc.__free_pages(first, 5);
  });

  it('oopses for a block freed twice, or freed through one of its pages', () => {
    const k = boot_machine();
    const p = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 1));
    const tail = (): void => {
      k.page_alloc.__free_page(nth_page(p, 1));
    };
    expect(catch_oops(tail).message).to.match(/^kernel BUG: freeing page \d+ with 0 references$/);
    const free = (): void => {
      k.page_alloc.__free_pages(p, 1);
    };
    free();
    expect(catch_oops(free).kind).to.equal('bug');
    expect(k.page_alloc.pages_in_use).to.equal(0);
  });

  it('refuses a frame that was never its own', () => {
    const k = boot_machine({ memory: { nodes: [{ lowmem_pages: 4 }], reserved_pages: 2 } });
    const reserved = k.mm.pfn_to_page(k.reserved_pfn);
    reserved._refcount = 1;
    expect(() => {
      k.page_alloc.__free_page(reserved);
    }).to.throw('page 1 is not the page allocator');
    write_off(k);
  });
});

describe('split_page', () => {
  const { boot_machine } = leak_checked();

  it('makes pages that are freed one by one and merge again', () => {
    const k = boot_machine(NODES([15, 0]));
    const p = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 3));
    k.page_alloc.split_page(p, 3);
    for (const i of [3, 0, 7, 1, 2, 6, 5, 4]) k.page_alloc.__free_page(nth_page(p, i));
    expect([k.page_alloc.pages_in_use, k.page_alloc.largest_free_order()]).to.deep.equal([0, 3]);
  });
});

describe('free_page and dma_free_contiguous', () => {
  const { boot_machine } = leak_checked();

  it('free by linear address and by block', () => {
    const k = boot_machine();
    k.page_alloc.free_page(page_address(deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0))));
    k.page_alloc.dma_free_contiguous(deref(k.page_alloc.alloc_pages(GFP_KERNEL, 4)), 4);
    expect(k.page_alloc.pages_in_use).to.equal(0);
  });
});

describe('nodes and kinds of memory', () => {
  const { boot_machine } = leak_checked();

  /** The order in which areas run dry: `n1H` is highmem of node 1. */
  function zonelist(k: machine, nid: number, gfp: number): string[] {
    const all = drain(k, nid, gfp);
    free_all(k, all);
    return [...new Set(all.map((p) => `n${String(p.nid)}${p.highmem ? 'H' : ''}`))];
  }

  it('take the wanted node first, then the next ones, then those before it', () => {
    const k = boot_machine(NODES([4, 0], [4, 0], [4, 0], [4, 0]));
    expect(zonelist(k, 2, GFP_KERNEL)).to.deep.equal(['n2', 'n3', 'n0', 'n1']);
    expect(zonelist(k, 0, GFP_KERNEL)).to.deep.equal(['n0', 'n1', 'n2', 'n3']);
    expect(zonelist(k, NUMA_NO_NODE, GFP_KERNEL)).to.deep.equal(['n0', 'n1', 'n2', 'n3']);
  });

  it('stay on the node with __GFP_THISNODE', () => {
    const k = boot_machine(NODES([4, 0], [4, 0]));
    expect(zonelist(k, 1, GFP_KERNEL | __GFP_THISNODE)).to.deep.equal(['n1']);
    expect(zonelist(k, 7, GFP_KERNEL | __GFP_THISNODE)).to.deep.equal([]);
  });

  it('use highmem only where allowed, and then first on each node', () => {
    const k = boot_machine(NODES([4, 4], [4, 4]));
    expect(zonelist(k, 1, GFP_KERNEL)).to.deep.equal(['n1', 'n0']);
    expect(zonelist(k, 1, GFP_KERNEL | __GFP_HIGHMEM)).to.deep.equal(['n1H', 'n1', 'n0H', 'n0']);
    expect(zonelist(k, 1, GFP_KERNEL | __GFP_HIGHMEM | __GFP_THISNODE)).to.deep.equal([
      'n1H',
      'n1',
    ]);
  });

  it('never merge blocks across the border between two of them', () => {
    const k = boot_machine(NODES([3, 0], [4, 0])); // frames 1-3 and 4-7: 0-7 would be one block of order 3
    const all = drain(k, 0, GFP_KERNEL);
    expect(all).to.have.length(7);
    free_all(k, all);
    expect(k.page_alloc.largest_free_order()).to.equal(2);
  });
});
