// SPDX-License-Identifier: GPL-2.0-only
// Allocation flags. C: include/linux/gfp.h (values of a kernel without lockdep)

import type { gfp_t } from './types';

export const __GFP_HIGHMEM = 1 << 1; // the page may lack a linear address
export const __GFP_HIGH = 1 << 5; // may use emergency reserves
export const __GFP_IO = 1 << 6;
export const __GFP_FS = 1 << 7;
export const __GFP_ZERO = 1 << 8; // give zeroed memory
export const __GFP_ATOMIC = 1 << 9; // the caller cannot sleep or reclaim
export const __GFP_DIRECT_RECLAIM = 1 << 10; // the caller may enter reclaim, hence sleep
export const __GFP_KSWAPD_RECLAIM = 1 << 11;
export const __GFP_NOWARN = 1 << 13; // a failure is not reported
export const __GFP_NORETRY = 1 << 16; // give up early
export const __GFP_COMP = 1 << 18; // a compound page
export const __GFP_THISNODE = 1 << 21; // no other node will do

/** DMA zones are not modelled: every page of RAM lies below 4 GiB's worth of frames of this machine. */
export const __GFP_DMA = 1 << 0;
export const __GFP_DMA32 = 1 << 2;

const __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;

/** Never sleeps. */
export const GFP_ATOMIC = __GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM;
/** May sleep. */
export const GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
export const GFP_NOWAIT = __GFP_KSWAPD_RECLAIM;

export function gfpflags_allow_blocking(gfp: gfp_t): boolean {
  return (gfp & __GFP_DIRECT_RECLAIM) !== 0;
}
