// SPDX-License-Identifier: GPL-2.0-only
// The lengths of a scatterlist's entries, which dma_map_sg does not print: found with the iommu:map events of the call.
//
// The kernel lays the entries behind each other, each widened to whole pages, and maps what is adjacent in memory by
// one iommu:map. So an entry reaches to the next one of its map, or to the map's end, or to the end of its DMA
// segment, which is exact to the byte; where a segment goes on, the entry ends on a page. What follows from the trace
// alone, whatever is assumed here: how many maps, at which physical addresses, how many bytes in all, and the unmap.
// What leans on it: where one map ends and the next begins inside the range.

import {
  type RecordedMap,
  type EntrySource,
  PAGE,
  type PhysRun,
  type SgEntry,
  pageCeil,
  pageFloor,
} from './step';

/** What a line of dma_map_sg says. */
export interface SgLine {
  readonly physAddrs: readonly number[];
  readonly dmaAddrs: readonly number[];
  readonly sizes: readonly number[];
  readonly truncated: boolean;
}

export interface SgEntries {
  readonly entries: SgEntry[];
  readonly source: EntrySource;
}

export function inferEntries(line: SgLine, maps: readonly RecordedMap[]): SgEntries {
  if (maps.length === 0)
    return { entries: spread(line), source: line.truncated ? 'cut' : 'layout' };
  if (line.truncated) return { entries: perMap(line, maps), source: 'cut' };
  const owner = isWhole(line, maps) ? assign(line.physAddrs, maps) : null;
  if (owner === null) return { entries: spread(line), source: 'unfitting' };
  const entries = measured(line, maps, owner);
  const total = entries.reduce((sum, entry) => sum + entry.length, 0);
  if (total !== line.sizes.reduce((sum, size) => sum + size, 0))
    return { entries: spread(line), source: 'unfitting' };
  return { entries, source: 'chunks' };
}

/** Whether the maps follow each other from the first page of the list to the last. */
function isWhole(line: SgLine, maps: readonly RecordedMap[]): boolean {
  let at = pageFloor(line.dmaAddrs[0] ?? 0);
  for (const map of maps) {
    if (map.iova !== at) return false;
    at += map.size;
  }
  const last = line.dmaAddrs.length - 1;
  return at === pageCeil((line.dmaAddrs[last] ?? 0) + (line.sizes[last] ?? 0));
}

/** The map of each entry, or null if there is no way to lay the entries into the maps. */
function assign(phys: readonly number[], maps: readonly RecordedMap[]): number[] | null {
  // firsts[k] is the entry that map k starts with; dead ends are kept so that each is entered once.
  const firsts: number[] = [];
  const dead = new Set<number>();
  const fits = (entry: number, k: number): boolean => {
    const at = maps[k];
    const start = phys[entry];
    if (at === undefined || start === undefined || pageFloor(start) !== at.paddr) return false;
    const key = entry * (maps.length + 1) + k;
    if (dead.has(key)) return false;
    firsts[k] = entry;
    let previous = at.paddr;
    for (let next = entry + 1; ; next++) {
      const address = phys[next];
      if (address === undefined) {
        if (k === maps.length - 1) return true;
        break;
      }
      if (fits(next, k + 1)) return true;
      const inside = pageFloor(address) > previous && pageFloor(address) < at.paddr + at.size;
      if (!inside) break;
      previous = pageFloor(address);
    }
    dead.add(key);
    return false;
  };
  if (!fits(0, 0)) return null;
  const owner: number[] = [];
  for (let k = 0; k < maps.length; k++) {
    const end = firsts[k + 1] ?? phys.length;
    for (let entry = firsts[k] ?? 0; entry < end; entry++) owner[entry] = k;
  }
  return owner;
}

function measured(line: SgLine, maps: readonly RecordedMap[], owner: readonly number[]): SgEntry[] {
  const ends = line.dmaAddrs.map((addr, i) => addr + (line.sizes[i] ?? 0));
  return line.physAddrs.map((phys, i) => {
    const map = maps[owner[i] ?? 0] as RecordedMap;
    const next = owner[i + 1] === owner[i] ? line.physAddrs[i + 1] : undefined;
    const pagesEnd = next === undefined ? map.paddr + map.size : pageFloor(next);
    const iova = map.iova + (phys - map.paddr);
    const iovaEnd = iova + (pagesEnd - phys);
    const end = ends.find((one) => one > iova && one < iovaEnd && one > iovaEnd - PAGE) ?? iovaEnd;
    return { phys, length: end - iova };
  });
}

/** One entry per map, the first and the last trimmed to the bytes that were mapped. */
function perMap(line: SgLine, maps: readonly RecordedMap[]): SgEntry[] {
  const start = line.dmaAddrs[0] ?? 0;
  const last = line.dmaAddrs.length - 1;
  const end = (line.dmaAddrs[last] ?? 0) + (line.sizes[last] ?? 0);
  return maps.map((map, i) => {
    const before = i === 0 ? start - pageFloor(start) : 0;
    const after = i === maps.length - 1 ? pageCeil(end) - end : 0;
    return { phys: map.paddr + before, length: Math.max(1, map.size - before - after) };
  });
}

/** Without events: entries reach to the next one where that follows in memory, else to the end of a page. */
function spread(line: SgLine): SgEntry[] {
  const total = line.sizes.reduce((sum, size) => sum + size, 0);
  let left = total;
  return line.physAddrs.map((phys, i) => {
    const others = line.physAddrs.length - 1 - i;
    const next = line.physAddrs[i + 1];
    const page = pageFloor(phys) + PAGE - phys;
    const near = next !== undefined && next > phys && next - phys <= left ? next - phys : page;
    const length = others === 0 ? left : Math.min(near, left - others);
    left -= Math.max(1, length);
    return { phys, length: Math.max(1, length) };
  });
}

/** The pages of a buffer in one piece. @param length bytes, none: it has no pages */
export function runOf(phys: number, length: number): PhysRun[] {
  if (length <= 0) return [];
  const start = pageFloor(phys);
  return [{ phys: start, pages: (pageCeil(phys + length) - start) / PAGE }];
}

/** The pages of a list's entries; entries that continue each other, to the byte or page by page, form one run. */
export function runsOf(entries: readonly SgEntry[]): PhysRun[] {
  const runs: PhysRun[] = [];
  let start = -1;
  let end = -1;
  const close = (): void => {
    if (end > start)
      runs.push({ phys: pageFloor(start), pages: (pageCeil(end) - pageFloor(start)) / PAGE });
  };
  for (const { phys, length } of entries) {
    if (end < 0 || (phys !== end && phys !== pageCeil(end))) {
      close();
      start = phys;
    }
    end = phys + length;
  }
  close();
  return runs;
}
