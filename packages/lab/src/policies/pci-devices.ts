// SPDX-License-Identifier: GPL-2.0-only
// Devices as the PCI code makes them, and what their drivers set.

import {
  DMA_BIT_MASK,
  IORESOURCE_MEM,
  bus_type,
  type machine,
  pci_bus,
  pci_dev,
  pci_host_bridge,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';

/** Where an x86 machine has its PCI devices' registers below 4 GiB. */
const PCI_WINDOW = [0xc0000000, 0xfebfffff] as const;
const NVME_ALIGN_MASK = 4095;

/** What kind of device: its driver's settings. */
export type DeviceKind = 'nvme' | 'other';

/** @param name of its place on the bus */
export function pciDevice(name: string, untrusted: boolean): pci_dev {
  const dev = new pci_dev(name);
  dev.bus = new bus_type('pci');
  dev.untrusted = untrusted;
  const bridge = new pci_host_bridge();
  bridge.windows.push({
    res: {
      start: phys_addr_t(PCI_WINDOW[0]),
      end: phys_addr_t(PCI_WINDOW[1]),
      flags: IORESOURCE_MEM,
    },
    offset: 0,
  });
  dev.pci_bus = new pci_bus(bridge);
  if (dev.dma_parms) dev.dma_parms.segment_boundary_mask = 0xffffffff;
  return dev;
}

/** What the driver sets when it is bound; a domain's pool exists by then. */
export function bindDriver(k: machine, dev: pci_dev, kind: DeviceKind): void {
  if (dev.dma_parms) {
    dev.dma_parms.max_segment_size = 0xffffffff;
    if (kind === 'nvme') dev.dma_parms.min_align_mask = NVME_ALIGN_MASK;
  }
  k.dma.dma_set_mask(dev, DMA_BIT_MASK(64));
  k.dma.dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
}
