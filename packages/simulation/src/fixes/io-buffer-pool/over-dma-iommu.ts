// SPDX-License-Identifier: GPL-2.0-only
// A pool that is linked against another dma-iommu.o: what it calls there can be changed, one function or more.

import type { PoolClass } from '../fix';

type PoolArgs = ConstructorParameters<PoolClass>;
type DmaIommu = PoolArgs[2];

/** @param change what is called in place of some functions, and may call them; they are looked up when they are called */
export function overDmaIommu(
  base: PoolClass,
  change: (below: DmaIommu) => Partial<DmaIommu>,
): PoolClass {
  return class extends base {
    constructor(...[k, iommu, below, params]: PoolArgs) {
      const linked: DmaIommu = {
        __iommu_dma_alloc_iova: (...args) => below.__iommu_dma_alloc_iova(...args),
        __iommu_dma_free_iova: (...args) => {
          below.__iommu_dma_free_iova(...args);
        },
        __iommu_dma_alloc_pages: (...args) => below.__iommu_dma_alloc_pages(...args),
        __iommu_dma_free_pages: (...args) => {
          below.__iommu_dma_free_pages(...args);
        },
        ...change(below),
      };
      super(k, iommu, linked, params);
    }
  };
}
