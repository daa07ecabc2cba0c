// SPDX-License-Identifier: GPL-2.0-only
// dma-iommu/testing: a machine with dma-iommu.c over the table driver, taken down and leak-checked after each test.

export * from './wired'; // the machine, and verbs that plug, map, read and write
export * from './wiring'; // one for each test
