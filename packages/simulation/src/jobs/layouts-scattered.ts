// SPDX-License-Identifier: GPL-2.0-only
// Layouts in small pieces, as a real guest's free memory gave them: right after boot, and after it was fragmented.

import type { Arena, BufferLayout } from './buffer-layout';
import { type Random, newRandom, unit } from './random';
import { checkArena, cutIntoBuffers, pagesOf } from './slots';

/**
 * What a process finds when it touches its buffers page by page. First come single pages, then blocks, then one long
 * run. Fitted to table 1 of the record of Linux 5.14.2 (docs/fio-jobs.md): the number of iommu:map events and of MAP
 * requests for 64 buffers of 16, 64 and 128 KiB.
 */
export interface Scatter {
  /** Pages that come as they are, before there are any blocks; Infinity: all. */
  readonly loosePages: number;
  /** Share of these pages that is followed by its neighbour in physical memory, too. */
  readonly pairs: number;
  /** Blocks of 8 pages, aligned in physical as in virtual memory. */
  readonly alignedBlocks: number;
}

/**
 * fresh: the same 664 loose pages explain the iommu:map events of 64 KiB (681 of 1,024 pages) and of 128 KiB (711 of
 * 2,048); 16 KiB takes nothing but loose pages, 252 events of 256. What is behind them is one long run at an odd
 * distance from the virtual address, for 128 KiB still needs 2,010 requests of 2,048; the blocks are what 64 KiB saves.
 * fragmented: 255 of 256, 1,022 of 1,024, 2,042 of 2,048 events; every page its own request.
 */
export const SCATTERED: Readonly<Record<'fresh' | 'fragmented', Scatter>> = {
  fresh: { loosePages: 664, pairs: 0.016, alignedBlocks: 12 },
  fragmented: { loosePages: Infinity, pairs: 0.003, alignedBlocks: 0 },
};

const BLOCK_PAGES = 8;
/** Largest alignment that a run is given on purpose. */
const ALIGNMENT = 8;
/** Frames between runs, so that none is the next one's neighbour, and a choice for the last of the single pages. */
const SLACK = 4 * ALIGNMENT;

/** Pages `first` to `first + pages - 1` of the region, adjacent in physical memory, at a frame with this remainder. */
interface Run {
  readonly first: number;
  readonly pages: number;
  readonly modulus: number;
  readonly remainder: number;
}

export function scatteredLayout(
  name: 'fresh' | 'fragmented',
  scatter: Scatter,
  seed: number,
): BufferLayout {
  const random = newRandom(seed);
  const framesNeeded = (count: number, bytes: number): number => {
    const total = count * pagesOf(bytes);
    return total + SLACK + Math.ceil(total / 16);
  };
  return {
    name,
    framesNeeded,
    buffers: (count, bytes, arena: Arena) => {
      checkArena(name, framesNeeded(count, bytes), arena);
      const total = count * pagesOf(bytes);
      const frames = { firstPfn: arena.firstPfn, frames: framesNeeded(count, bytes) };
      const pfns = place(runs(scatter, total, random), total, frames, random);
      return cutIntoBuffers(count, bytes, (page) => pfns[page] as number);
    },
  };
}

/** The runs of more than one page, in the order of the region; what lies between them is single pages. */
function runs({ loosePages, pairs, alignedBlocks }: Scatter, total: number, random: Random): Run[] {
  const found: Run[] = [];
  const odd = (first: number, pages: number): Run => ({
    first,
    pages,
    modulus: 2,
    remainder: (first + 1) % 2,
  });
  const loose = Math.min(total, loosePages);
  let page = 0;
  while (page < loose) {
    const pair = page + 2 <= loose && unit(random) < pairs;
    if (pair) found.push(odd(page, 2));
    page += pair ? 2 : 1;
  }
  // A block is aligned in virtual memory as well, else it would not be one request; up to there single pages go on.
  page = Math.ceil(page / BLOCK_PAGES) * BLOCK_PAGES;
  for (let i = 0; i < alignedBlocks && page + BLOCK_PAGES <= total; i++, page += BLOCK_PAGES)
    found.push({ first: page, pages: BLOCK_PAGES, modulus: ALIGNMENT, remainder: 0 });
  if (page < total && loose < total) found.push(odd(page, total - page));
  return found;
}

/** Frames for all pages: runs from the end of the arena downwards, single pages from what is left, at random. */
function place(runs: readonly Run[], total: number, arena: Arena, random: Random): Float64Array {
  const pfns = new Float64Array(total).fill(-1);
  const free: number[] = [];
  let end = arena.firstPfn + arena.frames;
  for (const { first, pages, modulus, remainder } of runs) {
    let start = end - pages;
    while (start % modulus !== remainder) start--;
    for (let pfn = start + pages; pfn < end; pfn++) free.push(pfn);
    for (let i = 0; i < pages; i++) pfns[first + i] = start + i;
    end = start;
  }
  for (let pfn = arena.firstPfn; pfn < end; pfn++) free.push(pfn);
  for (let page = 0; page < total; page++)
    if (pfns[page] === -1)
      pfns[page] = takeApart(free, pfns[page - 1] ?? -1, pfns[page + 1] ?? -1, random);
  return pfns;
}

/** A free frame that neither follows the page before nor precedes the page behind. */
function takeApart(free: number[], before: number, behind: number, random: Random): number {
  const start = Math.floor(unit(random) * free.length);
  for (let i = 0; i < free.length; i++) {
    const at = (start + i) % free.length;
    const pfn = free[at] as number;
    if (pfn === before + 1 || pfn === behind - 1) continue;
    const last = free.pop() as number;
    if (at < free.length) free[at] = last;
    return pfn;
  }
  throw new RangeError('no page frame is left that is nobody’s neighbour');
}
