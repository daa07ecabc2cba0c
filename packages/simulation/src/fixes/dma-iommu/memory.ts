// SPDX-License-Identifier: GPL-2.0-only
// Fixes of memory that dma-iommu.c allocates: handles, tables of pages, orders.

import {
  type device,
  type dma_data_direction,
  dma_sgt_handle,
  type gfp_t,
  MAX_ORDER,
  type page,
} from '@iommu-bounce/linux-shim';
import type { DmaIommuClass, Fix } from '../fix';

function freeHandle(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override iommu_dma_free_noncontiguous(
      dev: device,
      size: number,
      sh: dma_sgt_handle,
      dir: dma_data_direction,
    ): void {
      super.iommu_dma_free_noncontiguous(dev, size, sh, dir);
      this.k.slab.kfree(sh);
    }
  };
}

/** In lib/scatterlist.c, where v5.15 has it: both callers forget, the pool's too. */
function freeTable(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    constructor(...args: ConstructorParameters<DmaIommuClass>) {
      super(...args);
      const { sg } = this.k;
      const alloc = sg.sg_alloc_table_from_pages.bind(sg);
      sg.sg_alloc_table_from_pages = (sgt, ...rest) => {
        const ret = alloc(sgt, ...rest);
        if (ret) sg.sg_free_table(sgt);
        return ret;
      };
    }
  };
}

function topOrder(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    override __iommu_dma_alloc_pages(
      count: number,
      order_mask: number,
      nid: number,
      page_gfp: gfp_t,
      kalloc_gfp: gfp_t,
    ): (page | null)[] | null {
      const orders = order_mask & ((1 << MAX_ORDER) - 1);
      return super.__iommu_dma_alloc_pages(count, orders, nid, page_gfp, kalloc_gfp);
    }
  };
}

export const MEMORY: readonly Fix[] = [
  {
    name: 'free-handle',
    findings: [37],
    what: 'the handle of non-contiguous memory is freed with it',
    overlays: { dma_iommu: freeHandle },
  },
  {
    name: 'free-table',
    findings: [38],
    what: 'a table of pages that cannot be completed is freed where it is built',
    overlays: { dma_iommu: freeTable },
  },
  {
    name: 'top-order',
    findings: [39],
    what: 'no order is asked for that the page allocator does not have',
    overlays: { dma_iommu: topOrder },
  },
];
