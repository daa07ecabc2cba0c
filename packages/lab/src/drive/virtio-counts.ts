// SPDX-License-Identifier: GPL-2.0-only
// What a lane's mappings cost at the virtio-iommu device and behind it, in the VMM and in VFIO.

import { VIRTIO_IOMMU_T_MAP, VIRTIO_IOMMU_T_UNMAP } from '@iommu-bounce/iommu-core';

export interface VirtioCounts {
  /** Requests that the VMM took. */
  map_requests: number;
  unmap_requests: number;
  /** Of these, those that were not answered with OK. */
  refused_requests: number;
  /** How often the driver asked for the device's attention, and how often the CPU left the guest for it. */
  kicks: number;
  vmexits: number;
  /** VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA. */
  ioctl_maps: number;
  ioctl_unmaps: number;
  /** Pages, each as often as it was pinned. */
  pins: number;
  unpins: number;
  /** Most pins held at once. */
  peak_pinned_pages: number;
  /** Most mappings of one device at once; VFIO's default limit is 65,535. */
  peak_mappings: number;
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
