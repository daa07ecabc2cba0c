// SPDX-License-Identifier: GPL-2.0-only
// The kernel's address types as branded numbers: one kind cannot pass for another, and plain arithmetic loses the brand.

declare const brand: unique symbol;

/** An address on the memory bus; an offset into the machine's RAM, in bytes. C: include/linux/types.h */
export type phys_addr_t = number & { readonly [brand]: 'phys_addr_t' };

/** An address as a device sees it (an IOVA, or a bus address without translation). C: include/linux/types.h */
export type dma_addr_t = number & { readonly [brand]: 'dma_addr_t' };

/** A kernel pointer to bytes (`void *`); NULL is 0. Linear-map addresses equal the physical ones here. */
export type virt_addr_t = number & { readonly [brand]: 'virt_addr_t' };

/** Allocation flags, below 2^31. C: include/linux/types.h */
export type gfp_t = number;

// The functions below stand where C has a cast: they give a computed number its address space back.

/** The cast `(phys_addr_t)n`. */
export const phys_addr_t = (n: number): phys_addr_t => n as phys_addr_t;
/** The cast `(dma_addr_t)n`. */
export const dma_addr_t = (n: number): dma_addr_t => n as dma_addr_t;
/** The cast `(void *)n`. */
export const virt_addr_t = (n: number): virt_addr_t => n as virt_addr_t;

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;

/**
 * The all-ones 64-bit value. Numbers are exact below 2^53, so it is held as 2^53-1; helpers that could see the
 * difference (wrapping, masks, complements) live in bits.ts and are tested against bigint.
 */
export const U64_MAX = Number.MAX_SAFE_INTEGER;
export const ULONG_MAX = U64_MAX;
export const U32_MAX = 0xffffffff;
export const SIZE_MAX = U64_MAX;

/** C: include/linux/dma-mapping.h */
export const DMA_MAPPING_ERROR = dma_addr_t(U64_MAX);

/** No NUMA node. C: include/linux/numa.h */
export const NUMA_NO_NODE = -1;

export const NULL_ptr = virt_addr_t(0);
