// SPDX-License-Identifier: GPL-2.0-only
// iommu-core/testing: an IOMMU without hardware, and a device behind it.

export * from './page-table'; // iova page -> physical page and permission
export * from './table-driver'; // the driver over such tables
export * from './dma-engine'; // what the device reads and writes
