// SPDX-License-Identifier: GPL-2.0-only
// What a map call did, read off the port: where it mapped, and what its pool decided.

import { list_first_entry } from '@iommu-bounce/linux-shim';
import { type RecordedMap, type Mapping, asksPool, pooledBytes } from '@iommu-bounce/dma-trace';
import { type FallbackReason, fallbackReason } from '@iommu-bounce/simulation';
import type { LaneMapping } from './lane-mapping';
import { type PortDevice, type SlotPlace, classFor, slotAt } from './port-machine';

/** What a map call did. */
export interface MapOutcome {
  readonly device: PortDevice;
  readonly ok: boolean;
  /** The device address it gave. */
  readonly addr: number;
  /** iommu:map during the call, at recorded physical addresses. */
  readonly maps: readonly RecordedMap[];
  readonly slot: SlotPlace | null;
  readonly filled: boolean;
  readonly fallback: FallbackReason | null;
  /** Class that the pool looked in, and after a failed fill the slot it put back. */
  readonly classSize: number;
  readonly failedSlot: number;
  /** Whether it agreed with the recorded one, once compared. */
  readonly held: LaneMapping;
}

/** @param maps iommu:map during the call, at recorded physical addresses */
export function mapOutcome(
  device: PortDevice,
  mapping: Mapping,
  held: LaneMapping,
  ok: boolean,
  maps: readonly RecordedMap[],
): MapOutcome {
  const isAsked = asksPool(mapping.form);
  const slot = isAsked && ok ? slotAt(device.pool, held.addr) : null;
  const filled = slot !== null && maps.length > 0;
  const klass = isAsked ? classFor(device.pool, pooledBytes(mapping)) : null;
  let fallback: FallbackReason | null = null;
  let failedSlot = -1;
  if (isAsked && device.pool && !slot) {
    fallback = fallbackReason(klass);
    if (klass && fallback === 'fill_failed') failedSlot = list_first_entry(klass.empty_slots).index;
  }
  const classSize = slot?.classSize ?? klass?.buffer_size ?? 0;
  return { device, ok, addr: held.addr, maps, slot, filled, fallback, classSize, failedSlot, held };
}
