// SPDX-License-Identifier: GPL-2.0-only
// A page of a translated device, before the series: mapped for the device, read by it, unmapped.
'use strict';
const shim = require('@iommu-bounce/linux-shim');
const { iommu_c, iova_c, table_driver } = require('@iommu-bounce/iommu-core');
const { dma_read } = require('@iommu-bounce/iommu-core/testing');
const { dma_iommu_after, io_buffer_pool_h_stubs } = require('@iommu-bounce/dma-iommu');

const k = new shim.machine();
const iommu = new iommu_c(k);
const config = { IOMMU_IO_BUFFER: false, SWIOTLB: true, DMA_REMAP: true };
const dma = new dma_iommu_after[0](k, iommu, new iova_c(k), new io_buffer_pool_h_stubs(), config);
dma.do_initcalls();
const nic = new shim.device('nic');
nic.bus = new shim.bus_type('platform');
nic.bus.iommu_ops = new table_driver(k, iommu, dma);
iommu.iommu_probe_device(nic);

const p = k.page_alloc.alloc_pages(shim.GFP_KERNEL | shim.__GFP_ZERO, 0);
const addr = k.dma.dma_map_page_attrs(nic, p, 256, 512, shim.DMA_TO_DEVICE, 0);
const read = () =>
  dma_read(k, nic, iommu.iommu_get_dma_domain(nic), addr, 512)?.length ?? 'a fault';
console.log(addr.toString(16), read());
k.dma.dma_unmap_page_attrs(nic, addr, 512, shim.DMA_TO_DEVICE, 0);
console.log(addr.toString(16), read());
