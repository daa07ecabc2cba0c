// SPDX-License-Identifier: GPL-2.0-only
// A typed use of io-buffer-pool, compiled and run outside the repository.

import { machine } from '@iommu-bounce/linux-shim';
import { iommu_c, iova_c } from '@iommu-bounce/iommu-core';
import { dma_iommu_c, type io_buffer_pool_h, type iommu_dma_cookie } from '@iommu-bounce/dma-iommu';
import { type io_buffer_pool_params, io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';

const params: io_buffer_pool_params = { num_slots: 16 };
const k = new machine();
const iommu = new iommu_c(k);
const pool = new io_buffer_pool_c(
  k,
  iommu,
  {
    __iommu_dma_alloc_iova: (...args) => dma_iommu.__iommu_dma_alloc_iova(...args),
    __iommu_dma_free_iova: (cookie, ...args) => {
      dma_iommu.__iommu_dma_free_iova(cookie as iommu_dma_cookie, ...args);
    },
    __iommu_dma_alloc_pages: (...args) => dma_iommu.__iommu_dma_alloc_pages(...args),
    __iommu_dma_free_pages: (...args) => {
      dma_iommu.__iommu_dma_free_pages(...args);
    },
  },
  params,
);
const header: io_buffer_pool_h = pool;
const config = { IOMMU_IO_BUFFER: true, SWIOTLB: true, DMA_REMAP: true };
const dma_iommu: dma_iommu_c = new dma_iommu_c(k, iommu, new iova_c(k), header, config);

export const undefined_symbols: readonly string[] = io_buffer_pool_c.undefined_symbols;
const missing = undefined_symbols.filter((name) => !dma_iommu_c.symbols.includes(name));
if (missing.length > 0) throw new Error(`unresolved: ${missing.join(' ')}`);
dma_iommu.do_initcalls();
