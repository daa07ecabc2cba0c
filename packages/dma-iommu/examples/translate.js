// SPDX-License-Identifier: GPL-2.0-only
// A page of a translated device, before the series: mapped for the device, read by it, unmapped.
'use strict';
const shim = require('@iommu-bounce/linux-shim');
const { dma_read } = require('@iommu-bounce/iommu-core/testing');
const { wire_dma_iommu } = require('@iommu-bounce/dma-iommu');

const { k, plug } = wire_dma_iommu({ patches: 0 });
const nic = new shim.device('nic');
const domain = plug(nic); // from now on k.dma maps through the IOMMU
const page = shim.check_ptr(k.page_alloc.alloc_pages(shim.GFP_KERNEL, 0), 'alloc_pages');
const addr = k.dma.dma_map_page_attrs(nic, page, 256, 512, shim.DMA_TO_DEVICE, 0);
const read = () => dma_read(k, nic, domain, addr, 512)?.length ?? 'a fault';
console.log(addr.toString(16), read());
k.dma.dma_unmap_page_attrs(nic, addr, 512, shim.DMA_TO_DEVICE, 0);
console.log(addr.toString(16), read());
