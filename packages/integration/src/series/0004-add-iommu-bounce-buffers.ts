// SPDX-License-Identifier: GPL-2.0-only
// Patch 4/4: streaming mappings go through buffers that stay mapped, so the IOMMU is left alone in the steady state.

import {
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  bus_type,
  device,
  page_to_phys,
} from '@iommu-bounce/linux-shim';
import { table_driver } from '@iommu-bounce/iommu-core/testing';
import { IO_BUFFER_Y, boot, plug } from '../boot';
import type { SeriesPatch } from './probe';

export const patch_4: SeriesPatch = {
  patch: 4,
  subject: 'dma-iommu: Add iommu bounce buffers to dma-iommu api',
  messageId: '20210707075505.2896824-5-stevensd@google.com',
  files: [
    'drivers/iommu/Kconfig',
    'drivers/iommu/Makefile',
    'drivers/iommu/dma-iommu.c',
    'drivers/iommu/io-buffer-pool.c',
    'drivers/iommu/io-buffer-pool.h',
  ],
  name: 'map 4 KiB, unmap, map 4 KiB again',
  probe(patches) {
    let driver_calls = 0;
    const count = (): void => {
      driver_calls++;
    };
    const m = boot({
      patches,
      config: IO_BUFFER_Y,
      machine: { memory: { nodes: [{ lowmem_pages: 4096 }], reserved_pages: 1 } },
      driver: (k, iommu, dma_iommu) =>
        new table_driver(k, iommu, dma_iommu, {}, { map: count, unmap: count }),
    });
    const dev = new device('probe');
    dev.bus = new bus_type('platform');
    plug(m, dev);
    const buffer = m.k.mm.pfn_to_page(m.k.reserved_pfn);

    const first = m.k.dma.dma_map_page_attrs(dev, buffer, 0, 4096, DMA_FROM_DEVICE, 0);
    m.k.dma.dma_unmap_page_attrs(dev, first, 4096, DMA_FROM_DEVICE, 0);
    driver_calls = 0;
    const second = m.k.dma.dma_map_page_attrs(dev, buffer, 0, 4096, DMA_FROM_DEVICE, 0);

    const domain = m.iommu.iommu_get_dma_domain(dev);
    const bounced = m.iommu.iommu_iova_to_phys(domain, second) !== page_to_phys(buffer);
    return {
      behaves: second !== DMA_MAPPING_ERROR && driver_calls === 0,
      seen: `the second map asked the IOMMU driver ${String(driver_calls)} times${bounced ? ' and is bounced' : ''}`,
    };
  },
};
