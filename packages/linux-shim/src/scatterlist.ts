// SPDX-License-Identifier: GPL-2.0-only
// Scatterlists and their tables, chained too. C: include/linux/scatterlist.h, lib/scatterlist.c

import { ENOMEM, EINVAL } from './errno';
import { type page, page_to_pfn, page_to_phys } from './mm';
import type { page_alloc_c } from './page_alloc';
import { deref, oops } from './printk';
import type { slab_c } from './slab';
import { PAGE_SHIFT, PAGE_SIZE, U32_MAX, dma_addr_t, type gfp_t, phys_addr_t } from './types';

/** Entries that fit a page (32 bytes each): a full chunk comes from the page allocator. */
export const SG_MAX_SINGLE_ALLOC = PAGE_SIZE / 32;

/** One entry. An array of them knows its order: `sg + 1` is `next_entry`. */
export class scatterlist {
  static readonly sizeof = 32;
  page_link: page | null = null;
  /** Set in a chain entry: where the list goes on. */
  chain: scatterlist | null = null;
  is_last = false;
  /** Bytes into the page (may exceed a page) and bytes of the segment. */
  offset = 0;
  length = 0;
  // JS: null first, 0 at once: a field that has held an object keeps an address beyond 2^31 as one, so that reading it makes
  // no new one. A list through the pool then leaves nothing, and 16 bytes for each device segment after the first.
  dma_address: dma_addr_t = null as never;
  dma_length = 0;
  /** JS: the entry behind this one in memory, null at the array's end. */
  next_entry: scatterlist | null = null;
  /** JS: set in the first entry of an array that fills a page: that page. */
  backing: page | null = null;

  constructor() {
    this.dma_address = dma_addr_t(0);
  }
}

/** C: struct sg_table */
export class sg_table {
  sgl: scatterlist | null = null;
  nents = 0;
  orig_nents = 0;
}

/** An array of entries in plain memory, all zero, its last one marked. C: sg_init_table on a caller's array */
export function sg_array(nents: number): scatterlist[] {
  // JS: a loop, not Array.from, which takes six times as long for the one entry of a page.
  const sgl: scatterlist[] = [];
  let last: scatterlist | null = null;
  for (let i = 0; i < nents; i++) {
    const sg = new scatterlist();
    if (last !== null) last.next_entry = sg;
    sgl.push((last = sg));
  }
  if (last !== null) last.is_last = true;
  return sgl;
}

export function sg_set_page(sg: scatterlist, p: page, len: number, offset: number): void {
  sg.page_link = p;
  sg.offset = offset;
  sg.length = len;
}

export function sg_page(sg: scatterlist): page {
  return deref(sg.page_link, 'scatterlist entry without a page');
}

export function sg_phys(sg: scatterlist): phys_addr_t {
  return phys_addr_t(page_to_phys(sg_page(sg)) + sg.offset);
}

export function sg_dma_address(sg: scatterlist): dma_addr_t {
  return sg.dma_address;
}

export function sg_dma_len(sg: scatterlist): number {
  return sg.dma_length;
}

export function sg_mark_end(sg: scatterlist): void {
  sg.is_last = true;
}

/** The entry after, or NULL behind the last; an oops when there is no list to step along. */
export function sg_next(sg: scatterlist | null): scatterlist | null {
  const cur = deref(sg, 'walked past the end of a scatterlist');
  if (cur.is_last) return null;
  const next = deref(cur.next_entry, 'walked past the end of a scatterlist');
  return next.chain ?? next;
}

/** Entries from here to the last. */
export function sg_nents(sgl: scatterlist | null): number {
  let nents = 0;
  for (let sg = sgl; sg; sg = sg_next(sg)) nents++;
  return nents;
}

export class scatterlist_c {
  constructor(
    private readonly slab: slab_c,
    private readonly page_alloc: page_alloc_c,
  ) {}

  /** Frees every chunk. C: lib/scatterlist.c */
  sg_free_table(table: sg_table): void {
    let sgl = table.sgl;
    while (table.orig_nents > 0 && sgl) {
      let alloc_size = table.orig_nents;
      let sg_size = alloc_size;
      let next: scatterlist | null = null;
      if (alloc_size > SG_MAX_SINGLE_ALLOC) {
        alloc_size = SG_MAX_SINGLE_ALLOC;
        sg_size = alloc_size - 1;
        let last: scatterlist = sgl;
        for (let i = 1; i < alloc_size; i++) last = deref(last.next_entry);
        next = last.chain;
      }
      table.orig_nents -= sg_size;
      this.sg_kfree(sgl);
      sgl = next;
    }
    table.sgl = null;
  }

  /** A table of `nents` entries; 0, -EINVAL or -ENOMEM (and then nothing is held). C: lib/scatterlist.c */
  sg_alloc_table(table: sg_table, nents: number, gfp: gfp_t): number {
    table.sgl = null;
    table.nents = table.orig_nents = 0;
    if (nents === 0) return -EINVAL;
    let left = nents;
    let prv: scatterlist | null = null;
    while (left > 0) {
      const chained: boolean = left > SG_MAX_SINGLE_ALLOC;
      const alloc_size = chained ? SG_MAX_SINGLE_ALLOC : left;
      const sg_size = chained ? alloc_size - 1 : alloc_size;
      const sg = this.sg_kmalloc(alloc_size, gfp);
      if (!sg) {
        // The last entry of the chunk before is not used for linkage after all.
        if (prv) table.nents = ++table.orig_nents;
        this.sg_free_table(table);
        return -ENOMEM;
      }
      left -= sg_size;
      table.orig_nents += sg_size;
      table.nents = table.orig_nents;
      if (prv) prv.chain = sg;
      else table.sgl = sg;
      prv = chunk_end(sg);
      prv.is_last = left === 0;
    }
    return 0;
  }

  /**
   * A table over an array of pages, contiguous ones merged. 0 or -ENOMEM; on failure what was built stays with the
   * caller, who has to call sg_free_table. C: lib/scatterlist.c, with max_segment = UINT_MAX
   */
  sg_alloc_table_from_pages(
    sgt: sg_table,
    pages: readonly (page | null)[],
    n_pages: number,
    offset: number,
    size: number,
    gfp: gfp_t,
  ): number {
    const max_segment = Math.floor(U32_MAX / PAGE_SIZE) * PAGE_SIZE;
    const page_at = (i: number): page => deref(pages[i]);
    let chunks = 1;
    let seg_len = 0;
    for (let i = 1; i < n_pages; i++) {
      seg_len += PAGE_SIZE;
      if (seg_len >= max_segment || page_to_pfn(page_at(i)) !== page_to_pfn(page_at(i - 1)) + 1) {
        chunks++;
        seg_len = 0;
      }
    }

    let cur_page = 0;
    let s: scatterlist | null = null;
    for (let i = 0; i < chunks; i++) {
      seg_len = 0;
      let j = cur_page + 1;
      for (; j < n_pages; j++) {
        seg_len += PAGE_SIZE;
        if (seg_len >= max_segment || page_to_pfn(page_at(j)) !== page_to_pfn(page_at(j - 1)) + 1)
          break;
      }
      s = this.get_next_sg(sgt, s, chunks - i, gfp);
      if (!s) return -ENOMEM;
      const chunk_size = (j - cur_page) * 2 ** PAGE_SHIFT - offset;
      sg_set_page(s, page_at(cur_page), Math.min(size, chunk_size), offset);
      size -= chunk_size;
      offset = 0;
      cur_page = j;
    }
    sgt.nents += chunks;
    if (s) sg_mark_end(s);
    return 0;
  }

  /** The entry to fill next, from a new chunk when the one at hand is full; null without memory. */
  private get_next_sg(
    table: sg_table,
    cur: scatterlist | null,
    needed: number,
    gfp: gfp_t,
  ): scatterlist | null {
    let next_sg: scatterlist | null = null;
    if (cur) {
      next_sg = deref(cur.next_entry, 'walked past the end of a scatterlist');
      // The last entry of a chunk is kept for the link unless it is the last one needed.
      if (!next_sg.is_last || needed === 1) return next_sg;
    }
    const alloc_size = Math.min(needed, SG_MAX_SINGLE_ALLOC);
    const new_sg = this.sg_kmalloc(alloc_size, gfp);
    if (!new_sg) return null;
    if (next_sg) {
      next_sg.is_last = false;
      next_sg.chain = new_sg;
      table.orig_nents += alloc_size - 1;
    } else {
      table.sgl = new_sg;
      table.orig_nents = alloc_size;
      table.nents = 0;
    }
    return new_sg;
  }

  private sg_kmalloc(nents: number, gfp: gfp_t): scatterlist | null {
    const backing = nents === SG_MAX_SINGLE_ALLOC ? this.page_alloc.alloc_pages(gfp, 0) : null;
    if (nents === SG_MAX_SINGLE_ALLOC && !backing) return null;
    const first = deref(sg_array(nents)[0]);
    if (backing) first.backing = backing;
    else if (!this.slab.kmalloc_account(first, nents * scatterlist.sizeof, gfp)) return null;
    return first;
  }

  private sg_kfree(sg: scatterlist): void {
    if (sg.backing) this.page_alloc.__free_page(sg.backing);
    else this.slab.kfree(sg);
  }
}

function chunk_end(sg: scatterlist): scatterlist {
  let last = sg;
  while (last.next_entry) last = last.next_entry;
  return last;
}

/** A byte copy of a list in other memory, as some drivers make; chains are flattened. */
export function sg_copy_list(sgl: scatterlist, nents: number): scatterlist {
  const copy = sg_array(nents);
  let sg: scatterlist | null = sgl;
  for (const to of copy) {
    const from: scatterlist = deref(sg);
    to.page_link = from.page_link;
    to.offset = from.offset;
    to.length = from.length;
    to.dma_address = from.dma_address;
    to.dma_length = from.dma_length;
    sg = from.is_last ? null : sg_next(from);
  }
  if (copy.length === 0) throw new oops('bad-access', 'copy of an empty scatterlist');
  return deref(copy[0]);
}
