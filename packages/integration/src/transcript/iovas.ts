// SPDX-License-Identifier: GPL-2.0-only
// Addresses that a domain has given out: those of its tree, without those that wait in the caches of freed ones.

import { rb_first, rb_next } from '@iommu-bounce/linux-shim';
import type { iommu_domain, iova_magazine } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';

/** Ranges, reserved ones and the pool's among them; 0 for a domain whose addresses are gone. Walks the whole tree. */
export function iovasInUse(domain: iommu_domain): number {
  if (domain.iova_cookie === null) return 0;
  const { iovad } = to_cookie(domain);
  let ranges = 0;
  for (let node = rb_first(iovad.rbroot); node !== null; node = rb_next(node))
    if (node.owner !== iovad.anchor) ranges++;
  const cached = (magazine: iova_magazine | null): number => magazine?.size ?? 0;
  for (const { cpu_rcaches, depot, depot_size } of iovad.rcaches) {
    for (const one of cpu_rcaches?.ptrs ?? []) ranges -= cached(one.loaded) + cached(one.prev);
    for (const magazine of depot.slice(0, depot_size)) ranges -= cached(magazine);
  }
  return ranges;
}
