// SPDX-License-Identifier: GPL-2.0-only
// A driver sends 512 bytes by DMA: a device that reaches the page gets its address, another one a bounce buffer.
'use strict';
const shim = require('@iommu-bounce/linux-shim');

const k = new shim.machine({ swiotlb_slabs: 128 });
const p = shim.check_ptr(k.page_alloc.alloc_pages(shim.GFP_KERNEL, 10), 'alloc_pages'); // 4 MiB, from 4 MiB on
for (const bits of [32, 22]) {
  const dev = Object.assign(new shim.device('nic'), { dma_mask: shim.DMA_BIT_MASK(bits) });
  const addr = k.dma.dma_map_page_attrs(dev, p, 0, 512, shim.DMA_TO_DEVICE, 0);
  const bounced = k.swiotlb.is_swiotlb_buffer(shim.dma_to_phys(addr));
  console.log(bits, addr.toString(16), bounced ? 'bounced' : 'direct');
  k.dma.dma_unmap_page_attrs(dev, addr, 512, shim.DMA_TO_DEVICE, 0);
}
k.page_alloc.__free_pages(p, 10);
