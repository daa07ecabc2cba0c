// SPDX-License-Identifier: GPL-2.0-only
// The buddy page allocator, one free area for each node and kind of memory. C: mm/page_alloc.c, include/linux/gfp.h

import { BIT, __fls } from './bits';
import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import {
  __GFP_HIGHMEM,
  __GFP_NOWARN,
  __GFP_THISNODE,
  __GFP_ZERO,
  gfpflags_allow_blocking,
} from './gfp';
import { type memory_range, type mm_c, nth_page, page } from './mm';
import { BUG_ON, type printk_c } from './printk';
import { type gfp_t, NUMA_NO_NODE, PAGE_SIZE, type virt_addr_t } from './types';

/** Orders 0..10, so blocks of 4 KiB to 4 MiB. C: include/linux/mmzone.h */
export const MAX_ORDER = 11;

/** More than any machine has. */
const NODES = 1024;

/** Free blocks of one run of memory, by order, last freed first out. */
class free_area {
  readonly heads: (page | null)[] = new Array<page | null>(MAX_ORDER).fill(null);
  constructor(readonly range: memory_range) {}

  push(block: page, order: number): void {
    const head = this.heads[order] ?? null;
    block.buddy_order = order;
    block.buddy_prev = null;
    block.buddy_next = head;
    if (head) head.buddy_prev = block;
    this.heads[order] = block;
  }

  remove(block: page): void {
    if (block.buddy_prev) block.buddy_prev.buddy_next = block.buddy_next;
    else this.heads[block.buddy_order] = block.buddy_next;
    if (block.buddy_next) block.buddy_next.buddy_prev = block.buddy_prev;
    block.buddy_order = -1;
    block.buddy_next = block.buddy_prev = null;
  }
}

export class page_alloc_c {
  /** Pages handed out and not returned. */
  pages_in_use = 0;
  private readonly areas: free_area[] = [];
  private readonly zonelists = new Map<number, readonly free_area[]>();

  /** @param poison the byte fresh pages are filled with unless __GFP_ZERO is asked for */
  constructor(
    private readonly mm: mm_c,
    private readonly context: context_c,
    private readonly faults: fault_inject_c,
    private readonly log: printk_c,
    private readonly poison: number,
  ) {
    for (const range of mm.ranges) if (range.buddy) this.add_range(range);
  }

  /**
   * 2^order contiguous pages of node `nid` (or, unless __GFP_THISNODE, of another), highmem first where allowed.
   * NULL when there is none, when the site `page_alloc` is told to fail, or for order >= MAX_ORDER.
   * C: include/linux/gfp.h
   */
  alloc_pages_node(nid: number, gfp: gfp_t, order: number): page | null {
    if (order >= MAX_ORDER) {
      this.log.WARN_ON((gfp & __GFP_NOWARN) === 0, `page allocation of order ${String(order)}`);
      return null;
    }
    if (gfpflags_allow_blocking(gfp)) this.context.might_sleep();
    const block = this.faults.should_fail('page_alloc')
      ? null
      : this.get_page_from_freelist(nid, gfp, order);
    if (block === null) {
      if ((gfp & __GFP_NOWARN) === 0)
        this.log.pr_warn(`page allocation failure: order:${String(order)}`);
      return null;
    }
    this.prep_new_page(block, gfp, order);
    return block;
  }

  alloc_pages(gfp: gfp_t, order: number): page | null {
    return this.alloc_pages_node(NUMA_NO_NODE, gfp, order);
  }

  __free_page(p: page): void {
    this.__free_pages(p, 0);
  }

  __free_pages(p: page, order: number): void {
    BUG_ON(
      p._refcount !== 1,
      `freeing page ${String(p.pfn)} with ${String(p._refcount)} references`,
    );
    p._refcount = 0;
    this.pages_in_use -= BIT(order);
    this.free_one_block(p, order);
  }

  free_page(addr: virt_addr_t): void {
    this.__free_page(this.mm.virt_to_page(addr));
  }

  /** Makes 2^order single pages out of one block, to be freed one by one. */
  split_page(p: page, order: number): void {
    for (let i = 1; i < BIT(order); i++) nth_page(p, i)._refcount = 1;
  }

  /** Frees a block that dma_alloc_contiguous or alloc_pages gave. C: kernel/dma/contiguous.c, without CMA */
  dma_free_contiguous(p: page, order: number): void {
    this.__free_pages(p, order);
  }

  private add_range(range: memory_range): void {
    const area = new free_area(range);
    this.areas.push(area);
    // Highest block first, so that the lowest addresses are handed out first.
    let end = range.end_pfn;
    while (end > range.start_pfn) {
      let order = MAX_ORDER - 1;
      while (end % BIT(order) !== 0 || end - BIT(order) < range.start_pfn) order--;
      end -= BIT(order);
      area.push(this.mm.pfn_to_page(end), order);
    }
  }

  private get_page_from_freelist(nid: number, gfp: gfp_t, order: number): page | null {
    for (const area of this.zonelist(nid === NUMA_NO_NODE ? 0 : nid, gfp)) {
      const block = this.rmqueue(area, order);
      if (block) return block;
    }
    return null;
  }

  /**
   * Where to look, in order: the wanted node, then (but for __GFP_THISNODE) those after it and those before it; within
   * a node highmem, where allowed, before lowmem. C: build_zonelists, all nodes being equally far away
   */
  private zonelist(nid: number, gfp: gfp_t): readonly free_area[] {
    const highmem = (gfp & __GFP_HIGHMEM) !== 0;
    const thisnode = (gfp & __GFP_THISNODE) !== 0;
    const key = nid * 4 + (highmem ? 2 : 0) + (thisnode ? 1 : 0);
    let list = this.zonelists.get(key);
    if (!list) {
      const rank = ({ range }: free_area): number =>
        (range.nid < nid ? range.nid + NODES : range.nid) * 2 + (range.highmem ? 0 : 1);
      list = this.areas
        .filter(({ range }) => highmem || !range.highmem)
        .filter(({ range }) => !thisnode || range.nid === nid)
        .sort((a, b) => rank(a) - rank(b));
      this.zonelists.set(key, list);
    }
    return list;
  }

  /** Takes a block of the order from the area, splitting a larger one. C: __rmqueue_smallest, expand */
  private rmqueue(area: free_area, order: number): page | null {
    for (let current = order; current < MAX_ORDER; current++) {
      const block = area.heads[current];
      if (!block) continue;
      area.remove(block);
      for (let high = current; high > order; high--)
        area.push(nth_page(block, BIT(high - 1)), high - 1);
      return block;
    }
    return null;
  }

  private prep_new_page(block: page, gfp: gfp_t, order: number): void {
    block._refcount = 1;
    this.pages_in_use += BIT(order);
    const at = block.pfn * PAGE_SIZE;
    this.mm.ram.fill((gfp & __GFP_ZERO) !== 0 ? 0 : this.poison, at, at + BIT(order) * PAGE_SIZE);
  }

  /** Returns a block, merging it with its free buddies. C: __free_one_page */
  private free_one_block(p: page, order: number): void {
    const area = this.areas.find((a) => p.pfn >= a.range.start_pfn && p.pfn < a.range.end_pfn);
    if (!area) throw new Error(`page ${String(p.pfn)} is not the page allocator's`);
    let block = p;
    let size = order;
    while (size < MAX_ORDER - 1) {
      const buddy_pfn = this.buddy_of(block.pfn, size);
      if (buddy_pfn < area.range.start_pfn || buddy_pfn + BIT(size) > area.range.end_pfn) break;
      const buddy = this.mm.pfn_to_page(buddy_pfn);
      if (buddy.buddy_order !== size) break;
      area.remove(buddy);
      if (buddy.pfn < block.pfn) block = buddy;
      size++;
    }
    area.push(block, size);
  }

  private buddy_of(pfn: number, order: number): number {
    return Math.floor(pfn / BIT(order)) % 2 === 0 ? pfn + BIT(order) : pfn - BIT(order);
  }

  /** Free pages left, for tests. */
  free_pages(): number {
    let n = 0;
    for (const area of this.areas)
      area.heads.forEach((head, order) => {
        for (let b = head; b; b = b.buddy_next) n += BIT(order);
      });
    return n;
  }

  /** The largest order that could be had now, or -1. */
  largest_free_order(): number {
    let mask = 0;
    for (const area of this.areas)
      area.heads.forEach((head, order) => {
        if (head) mask |= 1 << order;
      });
    return mask === 0 ? -1 : __fls(mask);
  }
}
