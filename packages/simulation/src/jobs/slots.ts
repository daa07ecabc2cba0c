// SPDX-License-Identifier: GPL-2.0-only
// What all layouts share: buffers side by side in virtual memory, each a whole number of pages.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { Arena } from './buffer-layout';

/** Pages of one buffer. fio lets buffers below a page share one; here each has its own. */
export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE);
}

/** @param pfnOf frame of the region's page of that number */
export function cutIntoBuffers(
  count: number,
  bytes: number,
  pfnOf: (page: number) => number,
): Float64Array[] {
  const pages = pagesOf(bytes);
  return Array.from({ length: count }, (_, buffer) =>
    Float64Array.from({ length: pages }, (_, page) => pfnOf(buffer * pages + page)),
  );
}

/** @throws RangeError */
export function checkArena(name: string, needed: number, { frames }: Arena): void {
  if (frames < needed)
    throw new RangeError(
      `the layout ${name} needs ${String(needed)} page frames here; the arena has ${String(frames)}`,
    );
}
