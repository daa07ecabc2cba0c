// SPDX-License-Identifier: GPL-2.0-only
// What the drivers of PCI devices set.

import { DMA_BIT_MASK, type machine, type pci_dev } from '@iommu-bounce/linux-shim';

/** Bits of an address that the driver of NVMe keeps: the offset in a page. */
export const NVME_ALIGN_MASK = 4095;

/** What kind of device: its driver's settings. `recorded`: a segment's length is set by who knows it. */
export type DeviceKind = 'nvme' | 'other' | 'recorded';

/** What the driver sets when it is bound; a domain's pool exists by then. */
export function bindDriver(k: machine, dev: pci_dev, kind: DeviceKind): void {
  if (dev.dma_parms && kind !== 'recorded') {
    dev.dma_parms.max_segment_size = 0xffffffff;
    if (kind === 'nvme') dev.dma_parms.min_align_mask = NVME_ALIGN_MASK;
  }
  k.dma.dma_set_mask(dev, DMA_BIT_MASK(64));
  k.dma.dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
}
