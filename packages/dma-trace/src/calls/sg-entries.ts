// SPDX-License-Identifier: GPL-2.0-only
// The lengths of a scatterlist's entries, which dma_map_sg does not print: found with the iommu:map events of the call.
//
// The kernel lays the entries behind each other, each widened to whole pages, and maps what is adjacent in memory by
// one iommu:map. So an entry reaches to the next one of its chunk, or to the chunk's end, or to the end of its DMA
// segment, which is exact to the byte; where a segment goes on, the entry ends on a page. What follows from the trace
// alone, whatever is assumed here: how many chunks, at which physical addresses, how many bytes in all, and the unmap.
// What leans on it: where one chunk ends and the next begins inside the range.

import {
  type Chunk,
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

export function inferEntries(line: SgLine, chunks: readonly Chunk[]): SgEntries {
  if (chunks.length === 0)
    return { entries: spread(line), source: line.truncated ? 'cut' : 'layout' };
  if (line.truncated) return { entries: perChunk(line, chunks), source: 'cut' };
  const owner = isWhole(line, chunks) ? assign(line.physAddrs, chunks) : null;
  if (owner === null) return { entries: spread(line), source: 'unfitting' };
  const entries = measured(line, chunks, owner);
  const total = entries.reduce((sum, entry) => sum + entry.length, 0);
  if (total !== line.sizes.reduce((sum, size) => sum + size, 0))
    return { entries: spread(line), source: 'unfitting' };
  return { entries, source: 'chunks' };
}

/** Whether the chunks follow each other from the first page of the list to the last. */
function isWhole(line: SgLine, chunks: readonly Chunk[]): boolean {
  let at = pageFloor(line.dmaAddrs[0] ?? 0);
  for (const chunk of chunks) {
    if (chunk.iova !== at) return false;
    at += chunk.size;
  }
  const last = line.dmaAddrs.length - 1;
  return at === pageCeil((line.dmaAddrs[last] ?? 0) + (line.sizes[last] ?? 0));
}

/** The chunk of each entry, or null if there is no way to lay the entries into the chunks. */
function assign(phys: readonly number[], chunks: readonly Chunk[]): number[] | null {
  // firsts[k] is the entry that chunk k starts with; dead ends are kept so that each is entered once.
  const firsts: number[] = [];
  const dead = new Set<number>();
  const fits = (entry: number, chunk: number): boolean => {
    const at = chunks[chunk];
    const start = phys[entry];
    if (at === undefined || start === undefined || pageFloor(start) !== at.paddr) return false;
    const key = entry * (chunks.length + 1) + chunk;
    if (dead.has(key)) return false;
    firsts[chunk] = entry;
    let previous = at.paddr;
    for (let next = entry + 1; ; next++) {
      const address = phys[next];
      if (address === undefined) {
        if (chunk === chunks.length - 1) return true;
        break;
      }
      if (fits(next, chunk + 1)) return true;
      const inside = pageFloor(address) > previous && pageFloor(address) < at.paddr + at.size;
      if (!inside) break;
      previous = pageFloor(address);
    }
    dead.add(key);
    return false;
  };
  if (!fits(0, 0)) return null;
  const owner: number[] = [];
  for (let chunk = 0; chunk < chunks.length; chunk++) {
    const end = firsts[chunk + 1] ?? phys.length;
    for (let entry = firsts[chunk] ?? 0; entry < end; entry++) owner[entry] = chunk;
  }
  return owner;
}

function measured(line: SgLine, chunks: readonly Chunk[], owner: readonly number[]): SgEntry[] {
  const ends = line.dmaAddrs.map((addr, i) => addr + (line.sizes[i] ?? 0));
  return line.physAddrs.map((phys, i) => {
    const chunk = chunks[owner[i] ?? 0] as Chunk;
    const next = owner[i + 1] === owner[i] ? line.physAddrs[i + 1] : undefined;
    const pagesEnd = next === undefined ? chunk.paddr + chunk.size : pageFloor(next);
    const iova = chunk.iova + (phys - chunk.paddr);
    const iovaEnd = iova + (pagesEnd - phys);
    const end = ends.find((one) => one > iova && one < iovaEnd && one > iovaEnd - PAGE) ?? iovaEnd;
    return { phys, length: end - iova };
  });
}

/** One entry per chunk, the first and the last trimmed to the bytes that were mapped. */
function perChunk(line: SgLine, chunks: readonly Chunk[]): SgEntry[] {
  const start = line.dmaAddrs[0] ?? 0;
  const last = line.dmaAddrs.length - 1;
  const end = (line.dmaAddrs[last] ?? 0) + (line.sizes[last] ?? 0);
  return chunks.map((chunk, i) => {
    const before = i === 0 ? start - pageFloor(start) : 0;
    const after = i === chunks.length - 1 ? pageCeil(end) - end : 0;
    return { phys: chunk.paddr + before, length: Math.max(1, chunk.size - before - after) };
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
