// SPDX-License-Identifier: GPL-2.0-only
// iommu-core/testing: a device behind the table driver.

export * from './dma-engine'; // what the device reads and writes
