// SPDX-License-Identifier: GPL-2.0-only
// What the tests of the address allocator share: a domain ready for use, and taking it down again.

import { type machine, PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { iova_c, iova_domain } from '@iommu-bounce/iommu-core';

/** First page frame above 4 GiB. */
export const PFN_4G = 2 ** 20;

export class allocator {
  readonly iovad = new iova_domain();

  constructor(
    readonly v: iova_c,
    granule: number,
    start_pfn: number,
  ) {
    v.iova_cache_get();
    v.init_iova_domain(this.iovad, granule, start_pfn);
  }

  /** First frame, or -1. */
  alloc(size: number, limit_pfn: number, size_aligned = true): number {
    return this.v.alloc_iova(this.iovad, size, limit_pfn, size_aligned)?.pfn_lo ?? -1;
  }

  /** First frame, or 0. Empties the caches only if told to. */
  fast(size: number, limit_pfn: number, flush_rcache = false): number {
    return this.v.alloc_iova_fast(this.iovad, size, limit_pfn, flush_rcache);
  }

  free(pfn: number): void {
    this.v.free_iova(this.iovad, pfn);
  }

  free_fast(pfn: number, size: number): void {
    this.v.free_iova_fast(this.iovad, pfn, size);
  }

  /** The range a frame lies in. */
  find(pfn: number): [number, number] | null {
    const range = this.v.find_iova(this.iovad, pfn);
    return range && [range.pfn_lo, range.pfn_hi];
  }

  reserve(pfn_lo: number, pfn_hi: number): [number, number] | null {
    const range = this.v.reserve_iova(this.iovad, pfn_lo, pfn_hi);
    return range && [range.pfn_lo, range.pfn_hi];
  }

  /** The domain goes, and with it what is still in it. */
  end(): void {
    this.v.put_iova_domain(this.iovad);
    this.v.iova_cache_put();
  }
}

export function new_allocator(k: machine, start_pfn = 1, granule = PAGE_SIZE): allocator {
  return new allocator(new iova_c(k), granule, start_pfn);
}
