// SPDX-License-Identifier: GPL-2.0-only
// __iommu_dma_alloc_pages with the signature it has in each state; static, so out of reach, before patch 3.

import type { device, gfp_t, page } from '@iommu-bounce/linux-shim';
import type { running_machine } from '../boot';

type pages = (page | null)[];

interface before_series {
  __iommu_dma_alloc_pages(
    dev: device | null,
    count: number,
    order_mask: number,
    gfp: gfp_t,
  ): pages | null;
}
interface after_patch_1 {
  __iommu_dma_alloc_pages(
    dev: device | null,
    count: number,
    order_mask: number,
    page_gfp: gfp_t,
    kalloc_gfp: gfp_t,
  ): pages | null;
}
interface after_patch_2 {
  __iommu_dma_alloc_pages(
    count: number,
    order_mask: number,
    nid: number,
    page_gfp: gfp_t,
    kalloc_gfp: gfp_t,
  ): pages | null;
}

/** Single pages; `dev` is what a caller has before patch 2, `nid` what it gives after. Both gfp flags are `gfp`. */
export function alloc_pages(
  m: running_machine,
  dev: device | null,
  nid: number,
  count: number,
  gfp: gfp_t,
): pages | null {
  const unit: unknown = m.dma_iommu;
  const single_pages = 1;
  switch (m.patches) {
    case 0:
      return (unit as before_series).__iommu_dma_alloc_pages(dev, count, single_pages, gfp);
    case 1:
      return (unit as after_patch_1).__iommu_dma_alloc_pages(dev, count, single_pages, gfp, gfp);
    default:
      return (unit as after_patch_2).__iommu_dma_alloc_pages(count, single_pages, nid, gfp, gfp);
  }
}
