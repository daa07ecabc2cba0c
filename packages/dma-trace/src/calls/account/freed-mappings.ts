// SPDX-License-Identifier: GPL-2.0-only
// What was mapped before and is no more: the latest mapping at each address of a device, as many as fit a bound.

import { ByAddress } from '../by-address';
import { forgetFirst } from '../forget-first';
import type { Place } from '../step';
import { pageCeil, pageFloor } from '../step';
import type { MappedBuffer } from './seen';

/** Addresses kept per device; an IOMMU's addresses are used again and again, so this reaches far back. */
const MOST_ADDRESSES = 16384;
/** Lists kept per device. */
const MOST_LISTS = 4096;

export interface FreedMapping extends MappedBuffer {
  readonly freed: Place;
  readonly freedNs: number;
  /** Its pages in the IOMMU: those of a list reach as far as its iommu:map events. */
  readonly start: number;
  readonly end: number;
}

interface OfDevice {
  /** In the order in which they were freed. */
  readonly byAddr: ByAddress<FreedMapping>;
  readonly byList: Map<string, FreedMapping>;
  forgotten: number;
}

export class FreedMappings {
  private readonly devices = new Map<string, OfDevice>();

  /** @param most addresses kept per device */
  constructor(private readonly most = MOST_ADDRESSES) {}

  /** @param list its physical addresses, where an unmap names it by these */
  add(mapping: FreedMapping, list: string | null): void {
    let of = this.devices.get(mapping.device);
    if (!of) {
      of = { byAddr: new ByAddress(), byList: new Map(), forgotten: 0 };
      this.devices.set(mapping.device, of);
    }
    if (list !== null) put(of.byList, list, mapping, MOST_LISTS);
    // A list that was never mapped here has no address that its unmap would print.
    if (mapping.dmaAddr > 0 && put(of.byAddr, mapping.dmaAddr, mapping, this.most)) of.forgotten++;
  }

  /** It was not freed: the unmap was that of another mapping. */
  remove(device: string, dmaAddr: number): void {
    this.devices.get(device)?.byAddr.delete(dmaAddr);
  }

  at(device: string, dmaAddr: number): FreedMapping | null {
    return this.devices.get(device)?.byAddr.get(dmaAddr) ?? null;
  }

  list(device: string, list: string): FreedMapping | null {
    return this.devices.get(device)?.byList.get(list) ?? null;
  }

  /** The one whose pages held the address last. A walk. */
  around(device: string, address: number): FreedMapping | null {
    let found: FreedMapping | null = null;
    for (const one of this.devices.get(device)?.byAddr.values() ?? [])
      if (wasIn(one, address) && (!found || one.freedNs >= found.freedNs)) found = one;
    return found;
  }

  /** Whether a mapping of the device may have been here and is no longer known. */
  hasForgotten(device: string): boolean {
    return (this.devices.get(device)?.forgotten ?? 0) > 0;
  }
}

function wasIn({ dmaAddr, size, start, end }: FreedMapping, address: number): boolean {
  return (
    (address >= pageFloor(dmaAddr) && address < pageCeil(dmaAddr + size)) ||
    (address >= start && address < end)
  );
}

/** A list's name for this history: a hash of all its addresses and their order, since lists may be long. */
export function shortListKey(physAddrs: readonly number[]): string {
  let [a, b] = [1, 2];
  for (const address of physAddrs) {
    const high = Math.floor(address / 2 ** 32);
    a = Math.imul(a ^ address, 0x9e3779b1) ^ (a >>> 15) ^ high;
    b = Math.imul(b ^ high, 0x85ebca6b) ^ (b >>> 13) ^ Math.imul(address, 0xc2b2ae35);
  }
  return `${String(a)} ${String(b)} ${String(physAddrs.length)}`;
}

/** A map in the order of insertion. */
interface Latest<K, V> {
  readonly size: number;
  set(key: K, value: V): unknown;
  delete(key: K): boolean;
  keys(): Iterable<K>;
}

/** @returns whether the oldest entry had to go */
function put<K, V>(map: Latest<K, V>, key: K, value: V, most: number): boolean {
  map.delete(key); // so that it becomes the youngest
  map.set(key, value);
  if (map.size <= most) return false;
  forgetFirst(map);
  return true;
}
