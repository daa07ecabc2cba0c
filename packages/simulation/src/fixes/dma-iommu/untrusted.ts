// SPDX-License-Identifier: GPL-2.0-only
// Fixes of what untrusted devices go through: the pool or swiotlb.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  dev_is_dma_coherent,
  type device,
  type dma_addr_t,
  type dma_data_direction,
  type phys_addr_t,
  type scatterlist,
  sg_dma_address,
} from '@iommu-bounce/linux-shim';
import { dma_iommu_after } from '@iommu-bounce/dma-iommu';
import type { DmaIommuClass, Fix } from '../fix';

function poolFirst(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override iommu_dma_unmap_sg(
      dev: device,
      sg: scatterlist,
      nents: number,
      dir: dma_data_direction,
      attrs: number,
    ): void {
      if (!this.config.IOMMU_IO_BUFFER || !this.dev_use_swiotlb(dev)) {
        super.iommu_dma_unmap_sg(dev, sg, nents, dir, attrs);
        return;
      }
      if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) this.iommu_dma_sync_sg_for_cpu(dev, sg, nents, dir);
      const pool = this.dev_to_io_buffer_pool(dev);
      if (!this.pool.io_buffer_pool_unmap_buffer(pool, sg_dma_address(sg)))
        super.iommu_dma_unmap_sg(dev, sg, nents, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
    }
  };
}

function listProt(base: DmaIommuClass): DmaIommuClass {
  // Before patch 4 the argument says whether the device is coherent, and lists have the right one.
  const before = dma_iommu_after[3];
  if (base === before || base.prototype instanceof before) return base;
  return class extends base {
    protected override __iommu_dma_map_swiotlb(
      dev: device,
      phys: phys_addr_t,
      org_size: number,
      dma_mask: number,
      _prot: number,
      dir: dma_data_direction,
      attrs: number,
    ): dma_addr_t {
      const prot = this.dma_info_to_prot(dir, dev_is_dma_coherent(dev), attrs);
      return super.__iommu_dma_map_swiotlb(dev, phys, org_size, dma_mask, prot, dir, attrs);
    }
  };
}

export const UNTRUSTED: readonly Fix[] = [
  {
    name: 'pool-first',
    findings: [8, 9, 10],
    what: 'unmapping a list asks the pool before swiotlb, as mapping it does',
    overlays: { dma_iommu: poolFirst },
  },
  {
    name: 'list-prot',
    findings: [12],
    what: 'lists of untrusted devices are mapped with the permission of their direction',
    overlays: { dma_iommu: listProt },
  },
];
