// SPDX-License-Identifier: GPL-2.0-only
// The fix of a domain whose driver frees its page table before it gives back what the DMA API has in it.

import type { DmaIommuClass, Fix } from '../fix';

/** In drivers/iommu/iommu.c, where v5.15 has it. A driver that puts the cookie too finds none, and returns. */
function cookieFirst(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    constructor(...args: ConstructorParameters<DmaIommuClass>) {
      super(...args);
      const { iommu } = this;
      const free = iommu.iommu_domain_free.bind(iommu);
      iommu.iommu_domain_free = (domain) => {
        this.iommu_put_dma_cookie(domain);
        free(domain);
      };
    }
  };
}

export const TEARDOWN: readonly Fix[] = [
  {
    name: 'cookie-first',
    findings: [74],
    what: 'iommu_domain_free puts the cookie, and with it the pool, before the driver frees the domain, as v5.15 does',
    overlays: { dma_iommu: cookieFirst },
  },
];
