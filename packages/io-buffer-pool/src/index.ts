// SPDX-License-Identifier: GPL-2.0-only
// io-buffer-pool: dynamic pools of IOMMU mapped bounce buffers.

export * from './io-buffer-pool'; // drivers/iommu/io-buffer-pool.c
export * from './stats'; // ours: what the lists of a pool hold
export * from './wire'; // a machine with pools, in one call
