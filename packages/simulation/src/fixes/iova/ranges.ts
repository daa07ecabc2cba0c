// SPDX-License-Identifier: GPL-2.0-only
// Fixes of who owns a range of addresses, and of the caches of ranges.

import { deref, rb_first, rb_next } from '@iommu-bounce/linux-shim';
import type { iova, iova_domain, iova_rcache } from '@iommu-bounce/iommu-core';
import type { Fix, IovaClass } from '../fix';

function ownReservation(base: IovaClass): IovaClass {
  return class extends base {
    private readonly reserved = new WeakSet<iova>();

    override reserve_iova(iovad: iova_domain, pfn_lo: number, pfn_hi: number): iova | null {
      for (let node = rb_first(iovad.rbroot); node; node = rb_next(node)) {
        const { owner } = node;
        if (owner.pfn_hi < pfn_lo || owner.pfn_lo > pfn_hi || this.reserved.has(owner)) continue;
        this.k.log.WARN_ON(true, 'reserve_iova of frames that are in use');
        return null;
      }
      const range = super.reserve_iova(iovad, pfn_lo, pfn_hi);
      if (range) this.reserved.add(range);
      return range;
    }
  };
}

function missingMagazine(base: IovaClass): IovaClass {
  return class extends base {
    protected override __iova_rcache_insert(
      iovad: iova_domain,
      rcache: iova_rcache,
      pfn: number,
    ): boolean {
      const { loaded, prev } = this.k.percpu.raw_cpu_ptr(deref(rcache.cpu_rcaches));
      return loaded !== null && prev !== null && super.__iova_rcache_insert(iovad, rcache, pfn);
    }
  };
}

export const RANGES: readonly Fix[] = [
  {
    name: 'missing-magazine',
    findings: [47],
    what: 'a cache without its two magazines takes nothing: what is freed goes back to the tree',
    overlays: { iova: missingMagazine },
  },
  {
    name: 'own-reservation',
    findings: [50],
    what: 'frames that are in use are not reserved: the caller gets NULL, and the log a warning',
    overlays: { iova: ownReservation },
  },
];
