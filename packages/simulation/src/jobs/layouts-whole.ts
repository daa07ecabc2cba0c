// SPDX-License-Identifier: GPL-2.0-only
// Layouts in large pieces: one run of memory, or transparent huge pages.

import type { Arena, BufferLayout } from './buffer-layout';
import { below, newRandom } from './random';
import { checkArena, cutIntoBuffers, pagesOf } from './slots';

/** Page frames of a huge page of 2 MiB. */
export const HUGE_FRAMES = 512;

/** All buffers in one run, aligned so that a buffer whose size is a power of two (to 2 MiB) is one mapping request. */
export function contiguousLayout(): BufferLayout {
  const alignment = (bytes: number): number =>
    Math.min(HUGE_FRAMES, 2 ** Math.ceil(Math.log2(pagesOf(bytes))));
  const framesNeeded = (count: number, bytes: number): number =>
    count * pagesOf(bytes) + alignment(bytes) - 1;
  return {
    name: 'contiguous',
    framesNeeded,
    buffers: (count, bytes, arena) => {
      checkArena('contiguous', framesNeeded(count, bytes), arena);
      const first = alignUp(arena.firstPfn, alignment(bytes));
      return cutIntoBuffers(count, bytes, (page) => first + page);
    },
  };
}

/**
 * All buffers in huge pages. Where in its first huge page the region begins is drawn, page by page: fio's buffers come
 * from malloc, and so lie where the heap or an mmap happens to be. That decides the alignment of all of them: in the
 * recorded traces 31 of 64 buffers of 64 KiB lay in one huge page, at 2 modulo 4 pages, and were 8 pieces each
 * (virtio.nvme-read-64k). Huge pages are taken from the arena's end, so that no two are neighbours in their order.
 */
export function thpLayout(seed: number): BufferLayout {
  const random = newRandom(seed);
  const hugePages = (count: number, bytes: number, start: number): number =>
    Math.ceil((start + count * pagesOf(bytes)) / HUGE_FRAMES);
  const framesNeeded = (count: number, bytes: number): number =>
    (hugePages(count, bytes, HUGE_FRAMES - 1) + 1) * HUGE_FRAMES - 1;
  return {
    name: 'thp',
    framesNeeded,
    buffers: (count, bytes, arena: Arena) => {
      checkArena('thp', framesNeeded(count, bytes), arena);
      const start = below(random, HUGE_FRAMES);
      const first = alignUp(arena.firstPfn, HUGE_FRAMES);
      const last = hugePages(count, bytes, start) - 1;
      return cutIntoBuffers(count, bytes, (page) => {
        const at = start + page;
        const huge = last - Math.floor(at / HUGE_FRAMES);
        return first + huge * HUGE_FRAMES + (at % HUGE_FRAMES);
      });
    },
  };
}

function alignUp(pfn: number, alignment: number): number {
  return Math.ceil(pfn / alignment) * alignment;
}
