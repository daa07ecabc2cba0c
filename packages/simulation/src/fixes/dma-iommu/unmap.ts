// SPDX-License-Identifier: GPL-2.0-only
// Fixes of unmaps without the pool.

import { type device, dma_addr_t } from '@iommu-bounce/linux-shim';
import {
  iommu_iotlb_gather,
  iommu_iotlb_gather_init,
  iommu_iotlb_sync,
  iova_align,
  iova_offset,
} from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import type { DmaIommuClass, Fix } from '../fix';

/** The whole function: whether the unmap succeeded is known in its middle only. */
function keepAddress(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override __iommu_dma_unmap(dev: device, addr: dma_addr_t, bytes: number): void {
      const domain = this.iommu.iommu_get_dma_domain(dev);
      const cookie = to_cookie(domain);
      const { iovad } = cookie;
      const offset = iova_offset(iovad, addr);
      const start = dma_addr_t(addr - offset);
      const size = iova_align(iovad, bytes + offset);
      const gather = new iommu_iotlb_gather();
      iommu_iotlb_gather_init(gather);

      const unmapped = this.iommu.iommu_unmap_fast(domain, start, size, gather);
      const isFailed = this.k.log.WARN_ON(unmapped !== size, 'unmapped !== size');
      if (!cookie.fq_domain) iommu_iotlb_sync(domain, gather);
      if (!isFailed) this.__iommu_dma_free_iova(cookie, start, size, gather.freelist);
    }
  };
}

export const DMA_UNMAP: readonly Fix[] = [
  {
    name: 'keep-address',
    findings: [65],
    what: 'the address of an unmap that failed is not given to another mapping: it is lost, and the page stays mapped',
    overlays: { dma_iommu: keepAddress },
  },
];
