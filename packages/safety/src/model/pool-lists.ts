// SPDX-License-Identifier: GPL-2.0-only
// The lists of a pool: each of its slots is in one cache, empty, or in use, and holds what that needs.

import { list_for_each_entry } from '@iommu-bounce/linux-shim';
import { IOMMU_READ, IOMMU_WRITE } from '@iommu-bounce/iommu-core';
import {
  IO_BUFFER_SLOT_TYPE_RO,
  IO_BUFFER_SLOT_TYPE_RW,
  IO_BUFFER_SLOT_TYPE_WO,
  type io_buffer_class,
  type io_buffer_pool,
  type io_buffer_slot,
} from '@iommu-bounce/io-buffer-pool';

const CACHES = [
  { type: IO_BUFFER_SLOT_TYPE_RO, prot: IOMMU_READ, name: 'read-only' },
  { type: IO_BUFFER_SLOT_TYPE_WO, prot: IOMMU_WRITE, name: 'write-only' },
  { type: IO_BUFFER_SLOT_TYPE_RW, prot: IOMMU_READ | IOMMU_WRITE, name: 'read-write' },
] as const;

/** Slots in use, by class; or the sentence that says what is wrong. */
export function slotsInUse(pool: io_buffer_pool): readonly number[] | string {
  const used: number[] = [];
  for (const klass of pool.classes) {
    const found = inUse(klass);
    if (typeof found === 'string') return `class of ${String(klass.buffer_size)} bytes: ${found}`;
    used.push(found);
  }
  return used;
}

function inUse(klass: io_buffer_class): number | string {
  const seen = new Set<io_buffer_slot>();
  const enter = (slot: io_buffer_slot, where: string): string | null => {
    if (seen.has(slot)) return `slot ${String(slot.index)} is twice in the lists, again ${where}`;
    if (klass.slots[slot.index] !== slot) return `a slot of another class is ${where}`;
    seen.add(slot);
    return slot.orig_buffer
      ? `slot ${String(slot.index)} is ${where} and still has an owner`
      : null;
  };
  for (const { type, prot, name } of CACHES) {
    const cache = klass.cached_slots[type];
    if (!cache) return `there is no ${name} cache`;
    for (const slot of list_for_each_entry(cache)) {
      const wrong = enter(slot, `in the ${name} cache`);
      if (wrong !== null) return wrong;
      if (!slot.bounce_buffer) return `slot ${String(slot.index)} is cached without pages`;
      if ((slot.prot & (IOMMU_READ | IOMMU_WRITE)) !== prot)
        return `slot ${String(slot.index)} has another permission than the ${name} cache`;
    }
  }
  for (const slot of list_for_each_entry(klass.empty_slots)) {
    const wrong = enter(slot, 'empty');
    if (wrong !== null) return wrong;
  }
  return klass.slots.length - seen.size;
}
