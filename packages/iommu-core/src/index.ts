// SPDX-License-Identifier: GPL-2.0-only
// iommu-core: domains and translations, addresses, and the header that lets drivers reach dma-iommu.

export * from './iommu.h'; // include/linux/iommu.h: domains, driver operations, protection bits
export * from './iommu'; // drivers/iommu/iommu.c: map, unmap, attach, reserved regions
export * from './iova'; // drivers/iommu/iova.c: the address allocator
export * from './dma-iommu.h'; // include/linux/dma-iommu.h: what drivers call of dma-iommu.c
export * from './interval_tree'; // lib/interval_tree.c: ranges in a tree, for the driver's mappings
export * from './virtio-iommu'; // drivers/iommu/virtio-iommu.c: the paravirtualised IOMMU
export * from './virtio'; // the device behind it: queue, VMM, VFIO, the devices' DMA
export * from './table-driver'; // an IOMMU without hardware: a table per domain
export * from './page-table'; // such a table: iova page -> physical page and permission
export * from './wire'; // all of it in one call
export * from './wire-virtio'; // the same with virtio-iommu
