// SPDX-License-Identifier: GPL-2.0-only
// What a lane's mappings cost at the virtio-iommu device and behind it, in the VMM and in VFIO.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { VIRTIO_IOMMU_T_MAP, VIRTIO_IOMMU_T_UNMAP } from '@iommu-bounce/iommu-core';

export interface VirtioCounts {
  /** Map requests that the VMM took. */
  map_requests: whole_number;
  /** Unmap requests that it took. */
  unmap_requests: whole_number;
  /** Of these, those that were not answered with OK. */
  refused_requests: whole_number;
  /** Times that the driver asked for the device's attention. */
  kicks: whole_number;
  /** Times that the CPU left the guest for it. */
  vmexits: whole_number;
  /** Calls of VFIO_IOMMU_MAP_DMA. */
  ioctl_maps: whole_number;
  /** Calls of VFIO_IOMMU_UNMAP_DMA. */
  ioctl_unmaps: whole_number;
  /** Pages pinned, each as often as it was pinned. */
  pins: whole_number;
  /** Pages unpinned, alike. */
  unpins: whole_number;
  /** Most pins held at once. */
  peak_pinned_pages: whole_number;
  /** Most mappings of one device at once; VFIO's default limit is 65,535. */
  peak_mappings: whole_number;
}

export function newVirtioCounts(): VirtioCounts {
  return {
    map_requests: 0,
    unmap_requests: 0,
    refused_requests: 0,
    kicks: 0,
    vmexits: 0,
    ioctl_maps: 0,
    ioctl_unmaps: 0,
    pins: 0,
    unpins: 0,
    peak_pinned_pages: 0,
    peak_mappings: 0,
  };
}

const SUMMED = [
  'map_requests',
  'unmap_requests',
  'refused_requests',
  'kicks',
  'vmexits',
  'ioctl_maps',
  'ioctl_unmaps',
  'pins',
  'unpins',
] as const;

/** Adds counts; of two peaks the higher one stays. */
export function addVirtioCounts(to: VirtioCounts, from: VirtioCounts): void {
  for (const name of SUMMED) to[name] += from[name];
  to.peak_pinned_pages = Math.max(to.peak_pinned_pages, from.peak_pinned_pages);
  to.peak_mappings = Math.max(to.peak_mappings, from.peak_mappings);
}

/** Counts a request of a VIRTIO_IOMMU_T_ type. */
export function countRequest(counts: VirtioCounts, type: number): void {
  if (type === VIRTIO_IOMMU_T_MAP) counts.map_requests++;
  else if (type === VIRTIO_IOMMU_T_UNMAP) counts.unmap_requests++;
}
