// SPDX-License-Identifier: GPL-2.0-only
// dma-iommu.c in its five states: before the series and after each of its patches.

import { dma_iommu_c_before_patch_1 } from './before-patch-1';
import { dma_iommu_c_before_patch_2 } from './before-patch-2';
import { dma_iommu_c_before_patch_3 } from './before-patch-3';
import { dma_iommu_c_before_patch_4 } from './before-patch-4';
import { dma_iommu_c } from './dma-iommu';

/** How many of the series' patches are applied. */
export type series_state = 0 | 1 | 2 | 3 | 4;

/** What the object file has in every state; the helper's signature is what patches 1 and 2 change. */
export type dma_iommu_object = Omit<dma_iommu_c, '__iommu_dma_alloc_pages'>;

/** The translation unit in some state. */
export interface dma_iommu_unit {
  readonly symbols: readonly string[];
  new (...args: ConstructorParameters<typeof dma_iommu_c>): dma_iommu_object;
}

/** The translation unit after that many patches. */
export const dma_iommu_after: Readonly<Record<series_state, dma_iommu_unit>> = {
  0: dma_iommu_c_before_patch_1,
  1: dma_iommu_c_before_patch_2,
  2: dma_iommu_c_before_patch_3,
  3: dma_iommu_c_before_patch_4,
  4: dma_iommu_c,
};
