// SPDX-License-Identifier: GPL-2.0-only
// The addresses of a domain's pool, slot by slot.

import { list_empty } from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { type io_buffer_class, io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import { pool_of } from '@iommu-bounce/integration';
import type { Meter } from '../sim';

/** Why a mapping did not go through the pool. */
export const FALLBACK_REASONS = ['too_big', 'full', 'fill_failed'] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** @param klass the smallest class that is large enough, looked at after the map call; null if there is none */
export function fallbackReason(klass: io_buffer_class | null): FallbackReason {
  if (!klass) return 'too_big';
  // A slot that got no pages is put back where it was taken.
  return list_empty(klass.empty_slots) ? 'full' : 'fill_failed';
}

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

  /** Slots that have a buffer, in use or not. */
  buffers(): number {
    const stats = io_buffer_pool_stats(this.domain ? pool_of(this.domain) : null);
    return stats.reduce((left, { empty }) => left - empty, this.slots);
  }

  /** Why a mapping of some bytes was not served just now; null without a pool. */
  whyNot(bytes: number): FallbackReason | null {
    const pool = this.domain ? pool_of(this.domain) : null;
    if (!pool) return null;
    return fallbackReason(pool.classes.find((klass) => bytes <= klass.buffer_size) ?? null);
  }

  /** Counted through all classes; -1: the address is no buffer's. */
  slotOf(address: number): number {
    for (const c of this.classes)
      if (address >= c.base && address < c.end)
        return c.firstSlot + Math.floor((address - c.base) / c.size);
    return -1;
  }
}
