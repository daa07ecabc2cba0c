// SPDX-License-Identifier: GPL-2.0-only
// Fixes of who owns a range of addresses, and of the caches of ranges.

import { percpu, rb_first, rb_next } from '@iommu-bounce/linux-shim';
import {
  type iova,
  iova_cpu_rcache,
  type iova_domain,
  type iova_rcache,
} from '@iommu-bounce/iommu-core';
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
      if (!rcache.cpu_rcaches) return false;
      const { loaded, prev } = this.k.percpu.raw_cpu_ptr(rcache.cpu_rcaches);
      return loaded !== null && prev !== null && super.__iova_rcache_insert(iovad, rcache, pfn);
    }

    protected override __iova_rcache_get(rcache: iova_rcache, limit_pfn: number): number {
      return rcache.cpu_rcaches ? super.__iova_rcache_get(rcache, limit_pfn) : 0;
    }

    protected override free_iova_rcaches(iovad: iova_domain): void {
      this.withoutMissing(iovad, () => {
        super.free_iova_rcaches(iovad);
      });
    }

    protected override free_cpu_cached_iovas(cpu: number, iovad: iova_domain): void {
      this.withoutMissing(iovad, () => {
        super.free_cpu_cached_iovas(cpu, iovad);
      });
    }

    /** What walks all caches of a domain finds empty ones where there are none. */
    private withoutMissing(iovad: iova_domain, walk: () => void): void {
      const missing = iovad.rcaches.filter(({ cpu_rcaches }) => !cpu_rcaches);
      for (const rcache of missing) {
        const empty = Array.from(
          { length: this.k.percpu.nr_cpu_ids() },
          () => new iova_cpu_rcache(),
        );
        rcache.cpu_rcaches = new percpu(empty);
      }
      walk();
      for (const rcache of missing) rcache.cpu_rcaches = null;
    }
  };
}

export const RANGES: readonly Fix[] = [
  {
    name: 'missing-magazine',
    findings: [47],
    what: 'a cache without its two magazines, or that no CPU has, takes and gives nothing: what is freed goes back to the tree',
    overlays: { iova: missingMagazine },
  },
  {
    name: 'own-reservation',
    findings: [50],
    what: 'frames that are in use are not reserved: the caller gets NULL, and the log a warning',
    overlays: { iova: ownReservation },
  },
];
