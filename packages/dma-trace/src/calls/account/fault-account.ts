// SPDX-License-Identifier: GPL-2.0-only
// io_page_fault: whose buffer it was, and since when it is gone.

import type { IoPageFault } from '../../events';
import type { LiveMappings } from '../live-mappings';
import type { Place } from '../step';
import { type FreedMapping, type FreedMappings } from './freed-mappings';
import type { IommuAccount, IommuRange } from './iommu-account';
import { type Before, type MappedBuffer, LISTED, type Seen } from './seen';
import { bufferOf } from './unmap-account';

/** IOMMU_FAULT_WRITE of include/linux/iommu.h. */
const FAULT_WRITE = 1;
/** Faults that are looked up: each is a walk over what is and was mapped. */
const MOST_LOOKED_UP = 4096;

/**
 * `mapped`: a buffer is mapped there, so the access was not allowed. `freed`: one was. `never`: none since the capture
 * began. `unknown`: the capture shows no map before the fault, or more than is kept of its history.
 */
export type FaultState = 'mapped' | 'freed' | 'never' | 'unknown';

/** A range that only iommu:map events tell of. */
export interface RangeWithoutCall {
  readonly iova: number;
  readonly size: number;
  readonly mapped: Place | null;
}

export interface Fault extends Seen {
  readonly device: string;
  readonly driver: string;
  readonly iova: number;
  readonly flags: number;
  readonly write: boolean;
  readonly state: FaultState;
  /** Of the device itself. */
  readonly buffer: MappedBuffer | null;
  readonly range: RangeWithoutCall | null;
  /** Bytes from the begin of the buffer or range; negative in front of a buffer, on its first page. */
  readonly offset: number | null;
  readonly freed: Before | null;
  /** A buffer of another device that is mapped at this address: a clue only, since each domain has all addresses. */
  readonly elsewhere: MappedBuffer | null;
}

export type Found = Pick<Fault, 'state' | 'buffer' | 'range' | 'offset' | 'freed'>;

const NOTHING: Omit<Found, 'state'> = { buffer: null, range: null, offset: null, freed: null };

export class FaultAccount {
  count = 0;
  readonly byState: Record<FaultState, number> = { mapped: 0, freed: 0, never: 0, unknown: 0 };
  readonly first: Fault[] = [];
  /** Whether anything was mapped so far. */
  hasMaps = false;

  constructor(
    private readonly freed: FreedMappings,
    private readonly iommu: IommuAccount,
  ) {}

  add(event: IoPageFault, at: Seen, live: LiveMappings): void {
    const { device, driver, iova, faultFlags: flags } = event;
    const isLookedUp = this.count++ < MOST_LOOKED_UP;
    const found = isLookedUp
      ? this.find(device, iova, at.timeNs, live)
      : { state: 'unknown' as const, ...NOTHING };
    this.byState[found.state]++;
    if (this.first.length >= LISTED) return;
    const other = found.buffer || !isLookedUp ? null : live.coveringOfOthers(device, iova);
    const elsewhere = other && bufferOf(other);
    const write = (flags & FAULT_WRITE) !== 0;
    this.first.push({ ...at, device, driver, iova, flags, write, ...found, elsewhere });
  }

  /** What is or was mapped at an address of a device. A walk. */
  find(device: string, iova: number, now: number, live: LiveMappings): Found {
    const mapping = live.covering(device, iova);
    if (mapping) return inBuffer('mapped', bufferOf(mapping), iova, null);
    const freed = this.freed.around(device, iova);
    const range = this.iommu.around(iova);
    if (range && isLater(range, freed)) return inRange(range, iova, now);
    if (freed) {
      const before = { place: freed.freed, agoNs: now - freed.freedNs };
      return inBuffer('freed', bufferIn(freed), iova, before);
    }
    const isForgotten =
      !this.hasMaps || this.freed.hasForgotten(device) || this.iommu.forgotten > 0;
    return { state: isForgotten ? 'unknown' : 'never', ...NOTHING };
  }
}

/** Of two that held an address in turn, the later one. */
function isLater(range: IommuRange, freed: FreedMapping | null): boolean {
  if (!freed) return true;
  return range.freed === null ? range.mappedNs > freed.freedNs : range.freedNs > freed.freedNs;
}

function inBuffer(
  state: FaultState,
  buffer: MappedBuffer,
  iova: number,
  freed: Before | null,
): Found {
  return { state, buffer, range: null, offset: iova - buffer.dmaAddr, freed };
}

function inRange(range: IommuRange, iova: number, now: number): Found {
  const { start, end, mapped, freed, freedNs } = range;
  return {
    state: freed ? 'freed' : 'mapped',
    buffer: null,
    range: { iova: start, size: end - start, mapped },
    offset: iova - start,
    freed: freed && { place: freed, agoNs: now - freedNs },
  };
}

function bufferIn(freed: FreedMapping): MappedBuffer {
  const { device, form, call, dir, dmaAddr, size, mapped } = freed;
  return { device, form, call, dir, dmaAddr, size, mapped };
}
