// SPDX-License-Identifier: GPL-2.0-only
// A typed use of linux-shim, compiled and run outside the repository.

import {
  DMA_BIT_MASK,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  deref,
  type dma_addr_t,
  machine,
} from '@iommu-bounce/linux-shim';
import { new_device, usage_differences } from '@iommu-bounce/linux-shim/testing';

const k: machine = new machine({ memory: { nodes: [{ lowmem_pages: 256 }] }, swiotlb_slabs: 0 });
const before = k.usage();
const dev = new_device({ dma_mask: DMA_BIT_MASK(32) });
const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
const addr: dma_addr_t = k.dma.dma_map_page_attrs(dev, page, 0, 512, DMA_TO_DEVICE, 0);
k.dma.dma_unmap_page_attrs(dev, addr, 512, DMA_TO_DEVICE, 0);
k.page_alloc.__free_pages(page, 0);

export function wrong(): void {
  // @ts-expect-error: an address has its own type, which a plain number is not of
  k.dma.dma_unmap_page_attrs(dev, 4096, 512, DMA_TO_DEVICE, 0);
}

export const differences: readonly string[] = usage_differences(before, k.usage());
if (differences.length > 0) throw new Error(differences.join('\n'));
