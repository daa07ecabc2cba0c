// SPDX-License-Identifier: GPL-2.0-only
// A recorded PCI device before and after its driver has probed it, its group, and the pages of its IOMMU.

import type { bus_type, device, pci_dev } from '@iommu-bounce/linux-shim';
import { page_sizes } from '@iommu-bounce/iommu-core';
import { pciDevice } from '@iommu-bounce/integration';

/** The longest segment of a PCI device in bytes, unless its driver says otherwise. */
const SEGMENT_DEFAULT = 65536;
const SEGMENT_UNLIMITED = 0xffffffff;

/** What is known of a device before it is plugged in. */
export interface RecordedDevice {
  /** Its name on the bus. */
  readonly name: string;
  /** IOMMU_CACHE in the recorded permissions; devices of unknown coherency are coherent. */
  readonly coherent: boolean;
  /** Longest DMA segment that a list was mapped to, in bytes. */
  readonly longestSegment: number;
}

/** The device as the PCI code makes it. */
export function recordedPciDevice({ name, coherent }: RecordedDevice, bus: bus_type): pci_dev {
  const dev = pciDevice(name, bus);
  dev.dma_coherent = coherent;
  if (dev.dma_parms) dev.dma_parms.max_segment_size = SEGMENT_DEFAULT;
  return dev;
}

/** What its driver sets after the pool exists. */
export function raiseSegmentSize(dev: device, { longestSegment }: RecordedDevice): void {
  if (dev.dma_parms && longestSegment > SEGMENT_DEFAULT)
    dev.dma_parms.max_segment_size = SEGMENT_UNLIMITED;
}

/** The first device of its group that is plugged in. */
export function groupMate<Device>(
  name: string,
  groups: readonly (readonly string[])[],
  devices: ReadonlyMap<string, Device>,
): Device | undefined {
  return groups
    .find((group) => group.includes(name))
    ?.map((one) => devices.get(one))
    .find((one) => one !== undefined);
}

/** @param three it takes 4 KiB, 2 MiB and 1 GiB pages, not every power of two. @returns a bit for each size */
export function recordedPageSizes(three: boolean): number {
  return three ? 2 ** 12 + 2 ** 21 + 2 ** 30 : page_sizes(12, 47);
}
