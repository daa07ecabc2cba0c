// SPDX-License-Identifier: GPL-2.0-only
// Five mappings of a translated device with a pool: one reaches the IOMMU, and up to 10.6 s later so does the eviction.
'use strict';
const shim = require('@iommu-bounce/linux-shim');
const { iommu_c, iova_c, table_driver } = require('@iommu-bounce/iommu-core');
const { dma_iommu_c } = require('@iommu-bounce/dma-iommu');
const { io_buffer_pool_c } = require('@iommu-bounce/io-buffer-pool');

const k = new shim.machine();
const iommu = new iommu_c(k);
const symbols = {}; // the two files call each other: closed below, as a linker does
const pool = new io_buffer_pool_c(k, iommu, symbols, { num_slots: 8 });
const config = { IOMMU_IO_BUFFER: true, SWIOTLB: true, DMA_REMAP: true };
const dma = new dma_iommu_c(k, iommu, new iova_c(k), pool, config);
for (const name of io_buffer_pool_c.undefined_symbols) symbols[name] = dma[name].bind(dma);
dma.do_initcalls();
const nic = new shim.device('nic');
nic.bus = new shim.bus_type('platform');
nic.bus.iommu_ops = new table_driver(k, iommu, dma);
iommu.iommu_probe_device(nic);

const count = { map: 0, unmap: 0 };
iommu.set_trace({ trace_map: () => count.map++, trace_unmap: () => count.unmap++ });
const p = k.page_alloc.alloc_pages(shim.GFP_KERNEL, 0);
for (let i = 0; i < 5; i++) {
  const addr = k.dma.dma_map_page_attrs(nic, p, 0, 1500, shim.DMA_TO_DEVICE, 0);
  k.dma.dma_unmap_page_attrs(nic, addr, 1500, shim.DMA_TO_DEVICE, 0);
}
console.log(count);
k.timers.advance(10_700);
console.log(count);
