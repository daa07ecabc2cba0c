// SPDX-License-Identifier: GPL-2.0-only
// A look inside a pool, as a debugfs file of the series might have given (it has none): ours, not the C's.

import { type dma_addr_t, list_count, list_for_each_entry } from '@iommu-bounce/linux-shim';
import {
  IO_BUFFER_SLOT_TYPE_RO,
  IO_BUFFER_SLOT_TYPE_RW,
  IO_BUFFER_SLOT_TYPE_WO,
  type io_buffer_class,
  type io_buffer_pool,
} from './io-buffer-pool';

/** Slots of one class, by where they are; the rest of the class's slots are in use (or leaked). */
export interface io_buffer_class_stats {
  /** Bytes. */
  readonly buffer_size: number;
  readonly iova_base: dma_addr_t;
  /** Cached, mapped for the device to read, to write, to do both. */
  readonly ro: number;
  readonly wo: number;
  readonly rw: number;
  /** Without pages. */
  readonly empty: number;
  /** Cached and marked by the eviction worker. */
  readonly old: number;
}

/** One entry a class; none without a pool. */
export function io_buffer_pool_stats(pool: io_buffer_pool | null): io_buffer_class_stats[] {
  return pool?.classes.map(class_stats) ?? [];
}

function class_stats(klass: io_buffer_class): io_buffer_class_stats {
  const cached = (type: number): number => {
    const cache = klass.cached_slots[type];
    return cache ? list_count(cache) : 0;
  };
  let old = 0;
  for (const cache of klass.cached_slots)
    for (const slot of list_for_each_entry(cache)) if (slot.old_cache_entry) old++;
  return {
    buffer_size: klass.buffer_size,
    iova_base: klass.iova_base,
    ro: cached(IO_BUFFER_SLOT_TYPE_RO),
    wo: cached(IO_BUFFER_SLOT_TYPE_WO),
    rw: cached(IO_BUFFER_SLOT_TYPE_RW),
    empty: list_count(klass.empty_slots),
    old,
  };
}
