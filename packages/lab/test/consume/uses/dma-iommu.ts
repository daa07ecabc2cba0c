// SPDX-License-Identifier: GPL-2.0-only
// A typed use of dma-iommu, compiled and run outside the repository.

import {
  DMA_FROM_DEVICE,
  GFP_KERNEL,
  bus_type,
  deref,
  device,
  type dma_addr_t,
  machine,
} from '@iommu-bounce/linux-shim';
import { iommu_c, iova_c, table_driver } from '@iommu-bounce/iommu-core';
import {
  type dma_iommu_object,
  dma_iommu_after,
  io_buffer_pool_h_stubs,
  type series_state,
} from '@iommu-bounce/dma-iommu';
import { wired } from '@iommu-bounce/dma-iommu/testing';

/** Pages that the IOMMU was made to map for one mapping of two pages. */
export function mapped(patches: series_state): number {
  const k = new machine();
  const iommu = new iommu_c(k);
  const dma_iommu: dma_iommu_object = new dma_iommu_after[patches](
    k,
    iommu,
    new iova_c(k),
    new io_buffer_pool_h_stubs(),
    { IOMMU_IO_BUFFER: false, SWIOTLB: true, DMA_REMAP: true },
  );
  dma_iommu.do_initcalls();
  let pages = 0;
  const nvme = new device('nvme');
  nvme.bus = new bus_type('platform');
  nvme.bus.iommu_ops = new table_driver(k, iommu, dma_iommu, undefined, {
    map: (_iova, _paddr, size) => (pages += size / 4096),
  });
  iommu.iommu_probe_device(nvme);
  const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 1));
  const addr: dma_addr_t = k.dma.dma_map_page_attrs(nvme, page, 0, 8192, DMA_FROM_DEVICE, 0);
  k.dma.dma_unmap_page_attrs(nvme, addr, 8192, DMA_FROM_DEVICE, 0);
  return pages;
}

const w = new wired(new machine(), { patches: 4 });
const gpu = new device('gpu');
w.plug(gpu);
w.map(gpu, w.buffer(1), 0, 8192, DMA_FROM_DEVICE);
if (w.pages('map') !== 2) throw new Error('the test kit mapped other pages');
w.end();

const pages = [mapped(0), mapped(4)].join();
if (pages !== '2,2') throw new Error(`mapped ${pages} pages`);
