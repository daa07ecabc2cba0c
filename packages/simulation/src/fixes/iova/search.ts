// SPDX-License-Identifier: GPL-2.0-only
// Fixes of the search for addresses, and of what it remembers.

import { ULONG_MAX } from '@iommu-bounce/linux-shim';
import type { iova, iova_domain } from '@iommu-bounce/iommu-core';
import type { Fix, IovaClass } from '../fix';

/** The anchor ends one frame lower: the frame behind it is no longer 0, so no search starts again at it. */
function anchorEnd(base: IovaClass): IovaClass {
  return class extends base {
    override init_iova_domain(iovad: iova_domain, granule: number, start_pfn: number): void {
      super.init_iova_domain(iovad, granule, start_pfn);
      iovad.anchor.pfn_hi = ULONG_MAX - 1;
    }
  };
}

function anyFree(base: IovaClass): IovaClass {
  return class extends base {
    protected override __cached_rbnode_delete_update(iovad: iova_domain, free: iova): void {
      super.__cached_rbnode_delete_update(iovad, free);
      if (free.pfn_lo < iovad.dma_32bit_pfn) iovad.max32_alloc_size = iovad.dma_32bit_pfn;
    }
  };
}

function wholeLimit(base: IovaClass): IovaClass {
  return class extends base {
    override alloc_iova(
      iovad: iova_domain,
      size: number,
      limit_pfn: number,
      size_aligned: boolean,
    ): iova | null {
      return super.alloc_iova(iovad, size, Math.min(limit_pfn, ULONG_MAX - 1), size_aligned);
    }
  };
}

export const SEARCH: readonly Fix[] = [
  {
    name: 'anchor-end',
    findings: [45, 46],
    what: 'a search that began at the anchor does not start again, below start_pfn or for ever',
    overlays: { iova: anchorEnd },
  },
  {
    name: 'any-free',
    findings: [48],
    what: 'each free below 4 GiB lets requests of every size search again',
    overlays: { iova: anyFree },
  },
  {
    name: 'whole-limit',
    findings: [49],
    what: 'a limit of all ones means the highest frame but one, the last that can be handed out',
    overlays: { iova: wholeLimit },
  },
];
