// SPDX-License-Identifier: GPL-2.0-only
// Patch 4/4: streaming mappings go through buffers that stay mapped, so the IOMMU is left alone in the steady state.

import {
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  bus_type,
  device,
  page_to_phys,
} from '@iommu-bounce/linux-shim';
import { IO_BUFFER_Y } from '../boot';
import { type IommuDriver, type MachineOnIommu, bootOn } from '../boot-on';
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
  probe(patches, { driver }) {
    const machine = bootOn(driver, {
      patches,
      config: IO_BUFFER_Y,
      machine: { memory: { nodes: [{ lowmem_pages: 4096 }], reserved_pages: 1, bytes: false } },
    });
    const { m } = machine;
    const dev = new device('probe');
    dev.bus = new bus_type('platform');
    const domain = machine.plug(dev);
    const buffer = m.k.mm.pfn_to_page(m.k.reserved_pfn);

    const first = m.k.dma.dma_map_page_attrs(dev, buffer, 0, 4096, DMA_FROM_DEVICE, 0);
    m.k.dma.dma_unmap_page_attrs(dev, first, 4096, DMA_FROM_DEVICE, 0);
    const before = asked(machine);
    const second = m.k.dma.dma_map_page_attrs(dev, buffer, 0, 4096, DMA_FROM_DEVICE, 0);
    const requests = asked(machine) - before;

    const bounced = m.iommu.iommu_iova_to_phys(domain, second) !== page_to_phys(buffer);
    return {
      behaves: second !== DMA_MAPPING_ERROR && requests === 0,
      seen: `the second map ${told(requests, driver)}${bounced ? ' and is bounced' : ''}`,
    };
  },
};

function asked(machine: MachineOnIommu): number {
  const { map, unmap } = machine.requests();
  return map + unmap;
}

function told(requests: number, driver: IommuDriver): string {
  const plural = requests === 1 ? '' : 's';
  return driver === 'virtio'
    ? `sent the VMM ${String(requests)} MAP or UNMAP request${plural}`
    : `asked the IOMMU driver ${String(requests)} time${plural}`;
}
