// SPDX-License-Identifier: GPL-2.0-only
// Which memory and which IOVAs the addresses of captures lie in, in blocks of 2 MiB, learned in a first reading.

import { ALL_ONES } from '../event-head';
import type { TraceEvent } from '../events';

/** Bytes: the largest alignment that FrameArena keeps, and the second page size of most IOMMUs. */
export const SMALLEST_BLOCK = 2 ** 21;
/** A range of more blocks is kept by its ends. */
const MANY_BLOCKS = 4096;
const FOUR_GIB = 2 ** 32;

/** What the address means: memory, or what a device uses. An untranslated device uses addresses of memory. */
export type Space = 'memory' | 'device';

/** Addresses that mean something by themselves: all ones, and what is so near that no bits of it are left to map. */
export function isSpecial(address: number): boolean {
  return address === ALL_ONES || address >= 2 ** 64 - SMALLEST_BLOCK;
}

/** A range of blocks, the last one included. */
export interface Run {
  first: number;
  last: number;
}

export class AddressSurvey {
  private readonly blocks: Readonly<Record<Space, Set<number>>> = {
    memory: new Set(),
    device: new Set(),
  };
  /** Long ranges, by their ends. */
  private readonly long = new Map<string, Run>();
  /** Multiples of 4 GiB that one range crosses. */
  private readonly crossed = new Set<number>();
  /** Ranges that have to stay where they are. */
  private readonly fixed = new Map<string, Run>();
  /** Bytes of the longest range that is mapped at once. */
  longest = 0;

  /** @param size bytes from there on that belong together */
  add(address: number, size: number, space: Space): void {
    if (isSpecial(address)) return;
    const first = blockOf(address);
    const last = isSpecial(address + size) || size < 1 ? first : blockOf(address + size - 1);
    if (last - first >= MANY_BLOCKS)
      this.long.set(`${String(first)} ${String(last)}`, { first, last });
    else for (let block = first; block <= last; block++) this.blocks[space].add(block);
    for (let at = Math.floor(address / FOUR_GIB) + 1; at * FOUR_GIB < address + size; at++)
      if (this.crossed.add(at).size > MANY_BLOCKS) break;
  }

  /** A range that is mapped by one request: how the IOMMU splits it depends on its alignment up to its size. */
  addMapped(address: number, size: number, space: Space): void {
    this.add(address, size, space);
    if (size > this.longest) this.longest = size;
  }

  /** What a figure compares with the port's own address. */
  keep(address: number, size: number): void {
    this.add(address, size, 'device');
    const [first, last] = [blockOf(address), blockOf(address + Math.max(0, size - 1))];
    this.fixed.set(`${String(first)} ${String(last)}`, { first, last });
  }

  /** In order. */
  get fixedRuns(): Run[] {
    return [...this.fixed.values()].sort((a, b) => a.first - b.first);
  }

  /** Whether what lies on both sides of this multiple of 4 GiB has to stay together. */
  crosses(multiple: number): boolean {
    const after = multiple * (FOUR_GIB / SMALLEST_BLOCK);
    return (
      this.crossed.has(multiple) ||
      Object.values(this.blocks).some((blocks) => blocks.has(after - 1) && blocks.has(after))
    );
  }

  /** All of them, in order; neighbours are one run. */
  runs(): Run[] {
    const all: Run[] = [...this.long.values()];
    for (const blocks of Object.values(this.blocks))
      for (const block of blocks) all.push({ first: block, last: block });
    all.sort((a, b) => a.first - b.first);
    const joined: Run[] = [];
    for (const { first, last } of all) {
      const before = joined.at(-1);
      if (before !== undefined && first <= before.last + 1)
        before.last = Math.max(before.last, last);
      else joined.push({ first, last });
    }
    return joined;
  }

  event(event: TraceEvent): void {
    switch (event.kind) {
      case 'iommuMap':
        this.addMapped(event.iova, event.size, 'device');
        this.addMapped(event.paddr, event.size, 'memory');
        return;
      case 'iommuUnmap':
        this.add(event.iova, event.size, 'device');
        return;
      case 'ioPageFault':
        this.add(event.iova, 1, 'device');
        return;
      case 'mapPage':
        this.addMapped(event.dmaAddr, event.size, 'device');
        this.addMapped(event.phys, event.size, 'memory');
        return;
      case 'unmapPage':
      case 'syncSingle':
        this.add(event.dmaAddr, event.size, 'device');
        return;
      case 'mapSg':
        for (const phys of event.physAddrs) this.add(phys, 1, 'memory');
        event.dmaAddrs.forEach((at, i) => {
          this.addMapped(at, event.sizes[i] ?? 1, 'device');
        });
        return;
      case 'unmapSg':
      case 'mapSgErr':
        for (const phys of event.physAddrs) this.add(phys, 1, 'memory');
        return;
      case 'syncSg':
        event.dmaAddrs.forEach((at, i) => {
          this.add(at, event.sizes[i] ?? 1, 'device');
        });
        return;
      case 'dmaAlloc':
      case 'dmaFree':
        this.addMapped(event.dmaAddr, event.size, 'device');
        if (event.phys !== null) this.addMapped(event.phys, event.size, 'memory');
        for (const phys of event.physAddrs) this.add(phys, 1, 'memory');
        return;
      case 'swiotlbBounced':
        this.add(event.devAddr, event.size, 'device');
        return;
      default:
        this.iova(event);
    }
  }

  private iova(event: TraceEvent): void {
    switch (event.kind) {
      case 'iovaAlloc':
        this.addMapped(event.phys, event.size, 'memory');
        return;
      case 'iovaLink':
      case 'iovaUnlink':
        this.add(event.dmaAddr, event.offset + event.size, 'device');
        if (event.phys !== null) this.addMapped(event.phys, event.size, 'memory');
        return;
      case 'iovaSync':
        this.add(event.dmaAddr, event.offset + event.size, 'device');
        return;
      case 'iovaDestroy':
        this.add(event.dmaAddr, event.size, 'device');
        return;
      default:
        this.pool(event);
    }
  }

  private pool(event: TraceEvent): void {
    switch (event.kind) {
      case 'obsMapPage':
        this.addMapped(event.phys, event.size, 'memory');
        this.addMapped(event.dmaAddr, event.size, 'device');
        return;
      case 'obsUnmapPage':
        this.add(event.dmaAddr, event.size, 'device');
        return;
      case 'obsSgEnt':
        this.addMapped(event.phys, event.length, 'memory');
        return;
      case 'obsMapSg':
      case 'obsUnmapSg':
        this.add(event.dmaAddr, event.dmaLength, 'device');
        return;
      case 'obsPoolUnmap':
        this.add(event.dmaAddr, event.classSize, 'device');
        return;
      case 'obsPoolFill':
      case 'obsPoolEvict':
      case 'obsPoolMap':
        this.add(event.iova, event.classSize, 'device');
        return;
      default:
    }
  }
}

function blockOf(address: number): number {
  return Math.floor(address / SMALLEST_BLOCK);
}
