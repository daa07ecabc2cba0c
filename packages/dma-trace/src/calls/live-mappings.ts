// SPDX-License-Identifier: GPL-2.0-only
// The mappings of a trace that are in force, to be found by what an unmap or a sync prints.

import { AddressIndex } from './address-index';
import { ByAddress } from './by-address';
import { type CallForm, type Mapping, holds, pageCeil, pageFloor } from './step';

/** Entries of a list that dma_map_sg prints at most; dma_unmap_sg prints all. */
const MOST_PRINTED = 128;

interface DeviceMappings {
  readonly byAddr: ByAddress<Mapping>;
  /** Lists by their first physical address, since addresses are all that dma_unmap_sg prints; oldest first. */
  readonly byStart: Map<string, Mapping[]>;
  /** Null until someone asks for an address inside of a mapping. */
  index: AddressIndex<Mapping> | null;
}

/** What an unmap says of its mapping; null where its line has none. */
export interface UnmapWords {
  readonly form: CallForm;
  readonly dir: number | null;
  readonly size: number | null;
}

/** What a sync says: bytes, a direction, and whether it is one of lists. */
export interface SyncWords {
  readonly size: number;
  readonly dir: number;
  readonly isList: boolean;
}

export class LiveMappings {
  count = 0;
  private readonly devices = new Map<string, DeviceMappings>();

  /** @returns the mapping in force at the address until now, which stays below the new one */
  add(mapping: Mapping): Mapping | null {
    const { byAddr, byStart, index } = this.device(mapping.device);
    const below = byAddr.get(mapping.dmaAddr) ?? null;
    mapping.below = below;
    byAddr.set(mapping.dmaAddr, mapping);
    index?.add(mapping);
    if (mapping.listKey !== null) {
      const start = startOf(mapping.listKey);
      const lists = byStart.get(start);
      if (lists) lists.push(mapping);
      else byStart.set(start, [mapping]);
    }
    this.count++;
    return below;
  }

  /** The latest mapping at an address. */
  at(device: string, dmaAddr: number): Mapping | null {
    return this.devices.get(device)?.byAddr.get(dmaAddr) ?? null;
  }

  /**
   * The mapping at an address that an unmap is most like. Where nothing is translated, several are there if memory is
   * mapped twice. Of those that fit alike, the latest.
   */
  fitting(device: string, dmaAddr: number, unmap: UnmapWords): Mapping | null {
    const top = this.at(device, dmaAddr);
    if (!top?.below) return top;
    return mostLike(chain(top), (mapping) => likeUnmap(mapping, unmap));
  }

  /** The mapping that a sync is for: the one at its address, or one around it if that fits better. */
  holding(device: string, dmaAddr: number, sync: SyncWords): Mapping | null {
    const top = this.at(device, dmaAddr);
    const like = (mapping: Mapping): number => likeSync(mapping, dmaAddr, sync);
    const here = top && mostLike(chain(top), like);
    // Addresses of an IOMMU do not overlap.
    if (here && (like(here) >= FITS_SYNC || here.phys !== here.dmaAddr)) return here;
    const around = this.allAround(device, dmaAddr);
    return mostLike(here ? [here, ...around] : around, like);
  }

  /** The lists mapped with these physical addresses, oldest first: more than one if the memory was mapped twice. */
  lists(device: string, physAddrs: readonly number[]): readonly Mapping[] {
    const key = listKey(physAddrs);
    const there = this.devices.get(device)?.byStart.get(startOf(key)) ?? [];
    return there.filter((list) => isListOf(list, key, physAddrs.length));
  }

  /** The smallest mapping that an address lies in. */
  around(device: string, dmaAddr: number): Mapping | null {
    return this.allAround(device, dmaAddr)[0] ?? null;
  }

  /**
   * The mapping that begins behind an address in the same page. Its iommu:map event shows that it has the page for itself.
   */
  behind(device: string, dmaAddr: number): Mapping | null {
    const found = this.indexOf(device)?.between(dmaAddr + 1, pageCeil(dmaAddr + 1)) ?? [];
    return found.find(({ maps }) => maps.some(({ iova }) => iova === pageFloor(dmaAddr))) ?? null;
  }

  /** The mapping whose pages hold an address, best one whose bytes do. A walk: only for faults. */
  covering(device: string, address: number): Mapping | null {
    let found: Mapping | null = null;
    for (const top of this.devices.get(device)?.byAddr.values() ?? [])
      for (let at: Mapping | null = top; at; at = at.below) {
        const { dmaAddr, size } = at;
        if (address >= dmaAddr && address < dmaAddr + size) return at;
        if (holds(at, address)) found ??= at;
      }
    return found;
  }

  /** The same of any other device. */
  coveringOfOthers(device: string, address: number): Mapping | null {
    for (const name of this.devices.keys()) {
      const found = name === device ? null : this.covering(name, address);
      if (found) return found;
    }
    return null;
  }

  /** Another device with a mapping that begins at the address. */
  holder(dmaAddr: number, device: string): string | null {
    for (const [name, { byAddr }] of this.devices)
      if (name !== device && byAddr.has(dmaAddr)) return name;
    return null;
  }

  /** A list of which these are the first entries, or that is the first entries of these; not these alone. */
  listFrom(device: string, physAddrs: readonly number[]): Mapping | null {
    const key = `${listKey(physAddrs)},`;
    for (const list of this.devices.get(device)?.byStart.get(startOf(key)) ?? []) {
      const other = `${list.listKey ?? ''},`;
      const isPart = key.startsWith(other) || other.startsWith(key);
      if (isPart && !areAsMany(list.listEntries ?? 0, physAddrs.length)) return list;
    }
    return null;
  }

  /** Every mapping in force. */
  *all(): Generator<Mapping> {
    for (const { byAddr } of this.devices.values())
      for (const top of byAddr.values())
        for (let at: Mapping | null = top; at; at = at.below) yield at;
  }

  remove(mapping: Mapping): void {
    const { byAddr, byStart, index } = this.device(mapping.device);
    index?.remove(mapping);
    const top = byAddr.get(mapping.dmaAddr);
    if (top === mapping) {
      if (mapping.below) byAddr.set(mapping.dmaAddr, mapping.below);
      else byAddr.delete(mapping.dmaAddr);
    } else
      for (let at = top; at; at = at.below ?? undefined)
        if (at.below === mapping) at.below = mapping.below;
    mapping.below = null;
    if (mapping.listKey !== null) {
      const start = startOf(mapping.listKey);
      const rest = (byStart.get(start) ?? []).filter((one) => one !== mapping);
      if (rest.length > 0) byStart.set(start, rest);
      else byStart.delete(start);
    }
    this.count--;
  }

  private allAround(device: string, dmaAddr: number): Mapping[] {
    return this.indexOf(device)?.at(dmaAddr) ?? [];
  }

  private indexOf(device: string): AddressIndex<Mapping> | null {
    const of = this.devices.get(device);
    if (!of) return null;
    if (!of.index) {
      of.index = new AddressIndex();
      for (const top of of.byAddr.values()) for (const mapping of chain(top)) of.index.add(mapping);
    }
    return of.index;
  }

  private device(name: string): DeviceMappings {
    let found = this.devices.get(name);
    if (!found) {
      found = { byAddr: new ByAddress(), byStart: new Map(), index: null };
      this.devices.set(name, found);
    }
    return found;
  }
}

/** The addresses of a list, as far as dma_map_sg prints them. */
export function listKey(physAddrs: readonly number[]): string {
  return (physAddrs.length > MOST_PRINTED ? physAddrs.slice(0, MOST_PRINTED) : physAddrs).join();
}

/** Whether an unmap of so many entries, with this key, may be that of the list. */
export function isListOf(
  { listKey: own, listEntries }: Mapping,
  key: string,
  entries: number,
): boolean {
  return own === key && areAsMany(listEntries ?? 0, entries);
}

function startOf(key: string): string {
  const end = key.indexOf(',');
  return end < 0 ? key : key.slice(0, end);
}

/**
 * Whether a list was unmapped with the count of its map. A dma_map_sg of 128 entries may be a longer one, of a kernel that
 * prints no counts; of any other number the count is known.
 */
function areAsMany(mapped: number, unmapped: number): boolean {
  return mapped === unmapped || (mapped === MOST_PRINTED && unmapped > MOST_PRINTED);
}

/** A mapping and those below it. */
function* chain(top: Mapping): Generator<Mapping> {
  for (let at: Mapping | null = top; at; at = at.below) yield at;
}

/** The first of those that are most alike. */
export function mostLike<T>(all: Iterable<T>, like: (one: T) => number): T | null {
  let found: T | null = null;
  let most = -1;
  for (const one of all) {
    const alike = like(one);
    if (alike > most) [found, most] = [one, alike];
  }
  return found;
}

/** What likeUnmap() gives at most. */
export const ALL_ALIKE = 3;

/** As the kernel's dma-debug counts: each thing that is the same is worth one. */
export function likeUnmap(mapping: Mapping, { form, dir, size }: UnmapWords): number {
  const same = [
    mapping.form === form,
    dir === null || mapping.dir === dir,
    size === null || mapping.size === size,
  ];
  return same.filter((one) => one).length;
}

/** From this on the bytes and the direction fit. */
const FITS_SYNC = 6;

function likeSync(mapping: Mapping, dmaAddr: number, { size, dir, isList }: SyncWords): number {
  const isInside = dmaAddr + size <= mapping.dmaAddr + mapping.size;
  const isThisWay = mapping.dir === 0 || mapping.dir === dir;
  return (isInside ? 4 : 0) + (isThisWay ? 2 : 0) + (isList === (mapping.form === 'sg') ? 1 : 0);
}
