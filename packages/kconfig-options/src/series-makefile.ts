// SPDX-License-Identifier: GPL-2.0-only
// The rules of drivers/iommu/Makefile that decide which files of this project are linked.

/** For linkedObjects(): one rule per C file that has a counterpart here, as patch 4 leaves them. */
export const seriesMakefile = `obj-$(CONFIG_IOMMU_API) += iommu.o
obj-$(CONFIG_IOMMU_DMA) += dma-iommu.o
obj-$(CONFIG_IOMMU_IO_BUFFER) += io-buffer-pool.o
obj-$(CONFIG_IOMMU_IOVA) += iova.o
obj-$(CONFIG_VIRTIO_IOMMU) += virtio-iommu.o
`;
