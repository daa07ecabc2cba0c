// SPDX-License-Identifier: GPL-2.0-only
// dma-iommu: the dma_map_ops of a translated device, after the series; and the text before each patch.

export * from './dma-iommu'; // drivers/iommu/dma-iommu.c after patch 4/4
export * from './io-buffer-pool.h'; // drivers/iommu/io-buffer-pool.h: what it calls of the pool

// what each patch replaced, from the last to the first
export * from './before-patch-4'; // no pool
export * from './before-patch-3'; // four helpers static
export * from './before-patch-2'; // a device in place of a node
export * from './before-patch-1'; // one gfp argument
export * from './states'; // which class is which state

export * from './wire'; // a machine with translated devices, in one call
