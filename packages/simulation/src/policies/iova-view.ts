// SPDX-License-Identifier: GPL-2.0-only
// How a domain's addresses are taken, read off the tree of its allocator.

import { rb_first, rb_next } from '@iommu-bounce/linux-shim';
import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';

export interface IovaUse {
  /** Bytes of addresses that are mapped, or cached for the next mapping. */
  readonly used_bytes: whole_number;
  /** Bytes from the lowest to the highest of them. */
  readonly span_bytes: whole_number;
  /** Holes in between. */
  readonly holes: whole_number;
  /** Share of these bytes that lies in holes, 0 to 1. */
  readonly fragmentation: number;
}

export class IovaView {
  /** Page numbers at which ranges begin that the domain has from the start: windows of the device, the pool. */
  private readonly reserved = new Set<number>();

  constructor(private readonly domain: iommu_domain | null) {
    this.each((first) => this.reserved.add(first));
  }

  /** Bytes of all ranges, those from the start included. */
  taken(): number {
    let bytes = 0;
    this.each((first, last, granule) => {
      bytes += (last - first + 1) * granule;
    });
    return bytes;
  }

  /** Null without a domain. Walks the whole tree. */
  use(): IovaUse | null {
    if (!this.domain) return null;
    let [used, holes, hole, inside] = [0, 0, 0, 0];
    let [start, end, size] = [-1, -1, 0];
    // Holes and reserved ranges count once another range of the allocator lies behind them.
    let [openHoles, openHole] = [0, 0];
    this.each((first, last, granule) => {
      size = granule;
      const own = !this.reserved.has(first);
      if (start >= 0 && first > end) {
        openHoles++;
        openHole += first - end;
      }
      if (own) {
        if (start < 0) start = first;
        else {
          holes += openHoles;
          hole += openHole;
        }
        [openHoles, openHole] = [0, 0];
        used += last - first + 1;
        inside = last + 1;
      }
      if (start >= 0) end = last + 1;
    });
    const span = start < 0 ? 0 : inside - start;
    return {
      used_bytes: used * size,
      span_bytes: span * size,
      holes,
      fragmentation: span > 0 ? hole / span : 0,
    };
  }

  private each(see: (first: number, last: number, granule: number) => void): void {
    if (!this.domain) return;
    const { iovad } = to_cookie(this.domain);
    for (let node = rb_first(iovad.rbroot); node !== null; node = rb_next(node)) {
      const { owner } = node;
      if (owner !== iovad.anchor) see(owner.pfn_lo, owner.pfn_hi, iovad.granule);
    }
  }
}
