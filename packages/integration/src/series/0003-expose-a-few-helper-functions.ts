// SPDX-License-Identifier: GPL-2.0-only
// Patch 3/4: what the pool needs of dma-iommu.c is no longer static.

import { dma_iommu_after } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import { unresolved } from '../link';
import type { SeriesPatch } from './probe';

export const patch_3: SeriesPatch = {
  patch: 3,
  subject: 'dma-iommu: expose a few helper functions to module',
  messageId: '20210707075505.2896824-4-stevensd@google.com',
  files: ['drivers/iommu/dma-iommu.c', 'include/linux/dma-iommu.h'],
  name: 'link io-buffer-pool.o against dma-iommu.o',
  probe(patches) {
    const missing = unresolved([
      { name: 'dma-iommu.o', defined: dma_iommu_after[patches].symbols, undefined: [] },
      {
        name: 'io-buffer-pool.o',
        defined: io_buffer_pool_c.symbols,
        undefined: io_buffer_pool_c.undefined_symbols,
      },
    ]);
    const names = missing.map((m) => m.symbol).sort();
    return {
      behaves: names.length === 0,
      seen:
        names.length === 0
          ? 'no symbol unresolved'
          : `${String(names.length)} unresolved: ${names.join(', ')}`,
    };
  },
};
