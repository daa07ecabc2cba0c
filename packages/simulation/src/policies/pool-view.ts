// SPDX-License-Identifier: GPL-2.0-only
// The addresses of a domain's pool, slot by slot.

import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { pool_of } from '@iommu-bounce/integration';
import type { Meter } from '../sim';

interface ClassAddresses {
  readonly base: number;
  readonly end: number;
  readonly size: number;
  readonly firstSlot: number;
}

export class PoolView {
  readonly slots: number;
  private readonly classes: readonly ClassAddresses[];

  constructor(private readonly domain: iommu_domain | null) {
    const classes: ClassAddresses[] = [];
    let slots = 0;
    const pool = domain ? pool_of(domain) : null;
    for (const { iova_base, buffer_size, slots: own } of pool?.classes ?? []) {
      const end = iova_base + buffer_size * own.length;
      classes.push({ base: iova_base, end, size: buffer_size, firstSlot: slots });
      slots += own.length;
    }
    this.classes = classes;
    this.slots = slots;
  }

  /** Has the locks of the classes waited for, and the pool's work charged under them. */
  watch(meter: Meter): void {
    const pool = this.domain ? pool_of(this.domain) : null;
    for (const { lock, buffer_size } of pool?.classes ?? [])
      meter.watchPool(lock, `pool ${String(buffer_size / 1024)} KiB`);
  }

  /** Counted through all classes; -1: the address is no buffer's. */
  slotOf(address: number): number {
    for (const c of this.classes)
      if (address >= c.base && address < c.end)
        return c.firstSlot + Math.floor((address - c.base) / c.size);
    return -1;
  }
}
