// SPDX-License-Identifier: GPL-2.0-only
// The addresses themselves: whether the port's IOVA allocator gives what the recorded one gave, and if not, what shows why.
//
// A mapping of up to 32 pages gets an address from the magazine of its CPU, else from the depot that CPUs share, else from
// the tree, from above. A recording shows none of these three as they were when it began. Later kernels have the same three:
// since Linux 6.7 the depot is drained in the background, and its magazines have one address less.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { IOVA_RANGE_CACHE_MAX_SIZE } from '@iommu-bounce/iommu-core';
import {
  ByAddress,
  type MapStep,
  type Mapping,
  PAGE,
  forgetFirst,
  pageCeil,
  pageFloor,
} from '@iommu-bounce/dma-trace';
import type { MapOutcome } from '../drive/map-outcome';

/** Addresses that agree, and the cause of each that does not. */
export interface AddressFigures {
  /** Those that could be compared. */
  compared: whole_number;
  /** Of these, those that agree. */
  equal: whole_number;
  /** Compared mappings that the port put elsewhere, by what the recording shows of the cause. */
  by_cause: Record<string, whole_number>;
}

/** What can be shown, in the order in which it is tried. */
export const ADDRESS_CAUSES = {
  slot: 'through the pool: another slot',
  class: 'through the pool: the class begins elsewhere',
  onePool: 'through the pool on one side only',
  high: 'above 4 GiB, where v5.13 tries the addresses below first',
  distance: 'as far away as the mapping of this device before it',
  long: 'longer than 32 pages: from the tree, which depends on all that was in use',
  first: 'first seen here: it was free or cached when the recording began',
  otherCpu: 'freed by another CPU: it came through the shared depot or the tree',
  earlier: 'the port never gave this address: an earlier difference',
  unknown: 'unknown',
} as const;

export const newAddresses = (): AddressFigures => ({ compared: 0, equal: 0, by_cause: {} });

const FOUR_GIB = 2 ** 32;
/** Pages of the longest range that is cached. */
const MOST_CACHED = 2 ** (IOVA_RANGE_CACHE_MAX_SIZE - 1);
/** Addresses kept for a device; the first seen go first. */
const MOST_KEPT = 65_536;

/** One device's addresses so far. */
class DeviceAddresses {
  /** Of the latest compared mapping, bytes. */
  distance = 0;
  /** Recorded ones: the CPU that freed each last, -1 while it is mapped. */
  readonly recorded = new ByAddress<number>();
  /** Those that the port gave. */
  readonly given = new ByAddress<true>();
}

export class AddressAgreement {
  private readonly devices = new Map<string, DeviceAddresses>();

  constructor(private readonly figures: AddressFigures) {}

  /** @param compares whether the mapping is one of those that are compared */
  mapped(step: MapStep, mapping: Mapping, outcome: MapOutcome, compares: boolean): void {
    const device = this.of(mapping.device);
    const theirs = pageFloor(mapping.dmaAddr);
    const ours = pageFloor(outcome.addr);
    if (compares && outcome.ok) {
      const { figures } = this;
      figures.compared++;
      if (theirs === ours) figures.equal++;
      else {
        const why = ADDRESS_CAUSES[causeOf(step, mapping, outcome, device)];
        figures.by_cause[why] = (figures.by_cause[why] ?? 0) + 1;
      }
      device.distance = theirs - ours;
    }
    keep(device.recorded, theirs, -1);
    if (!outcome.ok) return;
    device.given.set(ours, true);
    if (device.given.size > MOST_KEPT) forgetFirst(device.given);
  }

  unmapped(name: string, address: number, cpu: number): void {
    keep(this.of(name).recorded, pageFloor(address), cpu);
  }

  private of(name: string): DeviceAddresses {
    let found = this.devices.get(name);
    if (!found) this.devices.set(name, (found = new DeviceAddresses()));
    return found;
  }
}

function causeOf(
  { decision, cpu }: MapStep,
  mapping: Mapping,
  { addr, slot }: MapOutcome,
  { distance, recorded, given }: DeviceAddresses,
): keyof typeof ADDRESS_CAUSES {
  if (slot && decision?.kind === 'take')
    return slot.classSize === decision.classSize && slot.slot === decision.likelySlot
      ? 'class'
      : 'slot';
  if (slot || decision?.kind === 'take') return 'onePool';
  const theirs = pageFloor(mapping.dmaAddr);
  const ours = pageFloor(addr);
  if (theirs >= FOUR_GIB && ours < FOUR_GIB) return 'high';
  if (theirs - ours === distance) return 'distance';
  const pages = (pageCeil(mapping.dmaAddr + mapping.size) - theirs) / PAGE;
  if (pages > MOST_CACHED) return 'long';
  const freedBy = recorded.get(theirs);
  if (freedBy === undefined) return 'first';
  if (freedBy >= 0 && freedBy !== cpu) return 'otherCpu';
  return given.has(theirs) ? 'unknown' : 'earlier';
}

function keep(map: ByAddress<number>, address: number, cpu: number): void {
  map.set(address, cpu);
  if (map.size > MOST_KEPT) forgetFirst(map);
}
