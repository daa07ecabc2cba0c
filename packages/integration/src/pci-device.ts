// SPDX-License-Identifier: GPL-2.0-only
// A PCI device as the bus code of an x86 machine sets it up, before its driver is bound.

import {
  IORESOURCE_MEM,
  bus_type,
  pci_bus,
  pci_dev,
  pci_host_bridge,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import type { MsiWindow } from './boot-on';

/** Where the local APICs of an x86 machine have their doorbells. */
export const MSI_WINDOW: MsiWindow = { start: 0xfee00000, length: 0x100000 };
/** Where the devices of an x86 machine have their registers below 4 GiB. */
const PCI_WINDOW = [0xc0000000, 0xfebfffff] as const;
/** No segment crosses 4 GiB. */
const SEGMENT_BOUNDARY = 0xffffffff;

/**
 * @param name of its place on the bus
 * @param bus of several devices the same
 */
export function pciDevice(name: string, bus = new bus_type('pci')): pci_dev {
  const dev = new pci_dev(name);
  dev.bus = bus;
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
  if (dev.dma_parms) dev.dma_parms.segment_boundary_mask = SEGMENT_BOUNDARY;
  return dev;
}
