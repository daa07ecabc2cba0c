// SPDX-License-Identifier: GPL-2.0-only
// Bytes that the C's structures take on a 64-bit kernel: arithmetic from their fields, since JavaScript has other sizes.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';

/**
 * struct io_buffer_slot of the series: list (16), orig_buffer (8), bounce_buffer (8), prot (4), old_cache_entry (1),
 * padding (3). C: drivers/iommu/io-buffer-pool.c, patch 4/4
 */
export const SLOT_BYTES = 40;

/** struct io_tlb_slot of v5.13: orig_addr (8), alloc_size (8), list (4), padding (4). C: include/linux/swiotlb.h */
export const TLB_SLOT_BYTES = 24;
/** An area is handed out in sets of so many slots of 2 KiB. */
export const TLB_SET_BYTES = 128 * 2048;

/** Beyond two pages kmalloc takes pages itself, a power of two of them (SLUB). */
const LARGEST_CACHE = 2 * PAGE_SIZE;

/** What kmalloc holds for a request of `bytes`; below a cache's size the request itself is close enough. */
export function kmallocBytes(bytes: number): number {
  if (bytes <= LARGEST_CACHE) return bytes;
  return PAGE_SIZE * 2 ** Math.ceil(Math.log2(bytes / PAGE_SIZE));
}

/** Slots of an area of `bytes`, as its array of slots takes them. */
export function tlbArrayBytes(bytes: number): number {
  return (bytes / 2048) * TLB_SLOT_BYTES;
}

/** An area that `used` bytes fit in: whole sets. Fragmentation is not counted. */
export function tlbAreaFor(used: number): number {
  return Math.max(1, Math.ceil(used / TLB_SET_BYTES)) * TLB_SET_BYTES;
}
