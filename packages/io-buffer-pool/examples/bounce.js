// SPDX-License-Identifier: GPL-2.0-only
// Five mappings of a translated device with a pool: one reaches the IOMMU, and up to 10.6 s later so does the eviction.
'use strict';
const shim = require('@iommu-bounce/linux-shim');
const { wire_io_buffer_pool } = require('@iommu-bounce/io-buffer-pool');

const { k, iommu, plug } = wire_io_buffer_pool({ num_slots: 8 });
const nic = new shim.device('nic');
plug(nic); // from now on k.dma maps through the IOMMU

const count = { map: 0, unmap: 0 };
iommu.set_trace({ trace_map: () => count.map++, trace_unmap: () => count.unmap++ });
const page = shim.check_ptr(k.page_alloc.alloc_pages(shim.GFP_KERNEL, 0), 'alloc_pages');
for (let i = 0; i < 5; i++) {
  const addr = k.dma.dma_map_page_attrs(nic, page, 0, 1500, shim.DMA_TO_DEVICE, 0);
  k.dma.dma_unmap_page_attrs(nic, addr, 1500, shim.DMA_TO_DEVICE, 0);
}
console.log(count);
k.timers.advance(10_700);
console.log(count);
