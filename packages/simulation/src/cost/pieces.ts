// SPDX-License-Identifier: GPL-2.0-only
// Buffers that come in a given number of pieces: as few adjacent frames as that number allows.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { InputError } from '../errors';

/**
 * The NVMe driver maps one piece with dma_map_page if it ends within this many bytes from the beginning of its page, else a
 * list, of one entry too (a drive with SGLs maps any one piece as a page; none here has them). C: drivers/nvme/host/pci.c
 * nvme_map_data, 5.14
 */
export const NVME_SIMPLE_BYTES = 2 * 4096;

/**
 * Pieces per I/O of fio's buffers: MAP requests that Linux 5.14 sent for a read, one per aligned power of two of adjacent
 * pages. Source: test-fixtures/figures/series-in-a-real-kernel.md, section 1, requests by I/Os.
 */
export const PIECES: Readonly<
  Record<'contiguous' | 'fresh' | 'fragmented', Readonly<Record<number, number>>>
> = {
  contiguous: { 4096: 1, 16384: 1, 65536: 1, 131072: 1 },
  fresh: { 4096: 1, 16384: 32768 / 8192, 65536: 59004 / 4096, 131072: 64316 / 2048 },
  fragmented: { 4096: 1, 16384: 32768 / 8192, 65536: 65536 / 4096, 131072: 65536 / 2048 },
};
export type PiecesLayout = keyof typeof PIECES;

/**
 * Pieces of a block in a layout; between the sizes that were recorded, by the share of pages that begin one.
 * @param bytes a multiple of 4096
 */
export function piecesPerIo(layout: PiecesLayout, bytes: number): number {
  const known = PIECES[layout];
  const exact = known[bytes];
  if (exact !== undefined) return exact;
  const pages = bytes / PAGE_SIZE;
  if (layout === 'contiguous') return 1;
  const sizes = Object.keys(known).map(Number);
  const below = sizes.filter((s) => s < bytes).at(-1) ?? PAGE_SIZE;
  const above = sizes.find((s) => s > bytes) ?? 131072;
  const share = (s: number): number => ((known[s] ?? 1) * PAGE_SIZE) / s;
  const at = above > below ? Math.min(1, Math.log(bytes / below) / Math.log(above / below)) : 1;
  return Math.max(1, pages * (share(below) + (share(above) - share(below)) * at));
}

/**
 * Cuts buffers of `bytes` into blocks of 2^k pages, `pieces` of them on average.
 * @returns for each buffer the orders of its blocks, largest first, as an aligned buffer would have them
 * @throws InputError for pieces that the pages cannot come in
 */
export function cutBuffers(count: number, bytes: number, pieces: number): number[][] {
  const pages = bytes / PAGE_SIZE;
  if (!(Number.isInteger(pages) && pages >= 1))
    throw new InputError(`expected a block of whole pages of 4096 bytes, got ${String(bytes)}`);
  if (!(pieces >= 1 && pieces <= pages))
    throw new InputError(
      `expected 1 to ${String(pages)} pieces of a block of ${String(bytes)} bytes, got ${String(pieces)}`,
    );
  return Array.from({ length: count }, (_, i) => {
    // The fractions of a piece add up from buffer to buffer.
    const upTo = (n: number): number => Math.round(n * pieces);
    return cut(pages, Math.max(1, upTo(i + 1) - upTo(i)));
  });
}

/** Merges pairs, the smallest first, until as many are left as there are to be. */
function cut(pages: number, pieces: number): number[] {
  const ofOrder = [pages];
  let left = pages;
  for (let k = 0; left > pieces; k++) {
    const singles = ofOrder[k] ?? 0;
    const merges = Math.min(Math.floor(singles / 2), left - pieces);
    if (merges === 0) break; // no power of two: what is left stays apart
    ofOrder[k] = singles - 2 * merges;
    ofOrder[k + 1] = merges;
    left -= merges;
  }
  return ofOrder.flatMap((n, k) => new Array<number>(n).fill(k)).reverse();
}
