// SPDX-License-Identifier: GPL-2.0-only
// The figures of a replay in words: the rows that both the tables of the terminal and the report show.

import type { ReplayDocument, StateSection } from '../compare';
import type { LaneCounts } from '../drive/lane-figures';
import type { VirtioCounts } from '../drive/virtio-counts';
import { plural, count, wholeBytes } from '../show/format';

export function stateName(patches: number): string {
  if (patches === 0) return 'before the series';
  return patches === 4 ? 'whole series' : `patches 1 to ${String(patches)}`;
}

export interface FigureRow {
  readonly name: string;
  readonly of: (counts: LaneCounts) => number;
  readonly show: (n: number) => string;
  /** Whether a change between two states says something. */
  readonly compares: boolean;
}

/** A figure of virtio-iommu, 0 on the table: then its row is left out. */
function virtio(name: string, key: keyof VirtioCounts, compares: boolean): FigureRow {
  return { name, of: (c) => c.virtio?.[key] ?? 0, show: count, compares };
}

export const FIGURES: readonly FigureRow[] = [
  { name: 'DMA API: maps', of: (c) => c.map_calls, show: count, compares: false },
  { name: 'DMA API: unmaps', of: (c) => c.unmap_calls, show: count, compares: false },
  { name: 'DMA API: syncs', of: (c) => c.sync_calls, show: count, compares: false },
  { name: 'IOMMU maps', of: (c) => c.iommu_maps, show: count, compares: true },
  { name: 'IOMMU unmaps', of: (c) => c.iommu_unmaps, show: count, compares: true },
  {
    name: 'requests to the IOMMU driver',
    of: (c) => c.driver_requests,
    show: count,
    compares: true,
  },
  virtio('virtio-iommu: MAP requests', 'map_requests', true),
  virtio('virtio-iommu: UNMAP requests', 'unmap_requests', true),
  virtio('virtio-iommu: refused requests', 'refused_requests', false),
  virtio('virtio-iommu: kicks', 'kicks', true),
  virtio('exits from the guest', 'vmexits', true),
  virtio('VFIO: map ioctls', 'ioctl_maps', true),
  virtio('VFIO: unmap ioctls', 'ioctl_unmaps', true),
  virtio('VFIO: pages pinned', 'pins', true),
  virtio('VFIO: pages unpinned', 'unpins', true),
  virtio('VFIO: most pages pinned at once', 'peak_pinned_pages', false),
  { name: 'bytes bounced (copied)', of: (c) => c.copied_bytes, show: wholeBytes, compares: false },
  { name: 'pool hits', of: (c) => c.pool_hits, show: count, compares: false },
  { name: 'pool fills', of: (c) => c.pool_fills, show: count, compares: false },
  {
    name: 'fallbacks: too big',
    of: (c) => c.fallbacks_by_reason.too_big,
    show: count,
    compares: false,
  },
  {
    name: 'fallbacks: class full',
    of: (c) => c.fallbacks_by_reason.full,
    show: count,
    compares: false,
  },
  {
    name: 'fallbacks: fill failed',
    of: (c) => c.fallbacks_by_reason.fill_failed,
    show: count,
    compares: false,
  },
  { name: 'evictions', of: (c) => c.evictions, show: count, compares: false },
  { name: 'peak pool memory', of: (c) => c.peak_bounce_bytes, show: wholeBytes, compares: false },
];

/** A device in each state that was run. */
export interface DeviceFigures {
  readonly device: string;
  readonly states: readonly { readonly patches: number; readonly counts: LaneCounts }[];
}

/** Devices in order; one that a state has no figures of is left out of that state. */
export function devicesOf(states: readonly StateSection[]): DeviceFigures[] {
  const names = [...new Set(states.flatMap((state) => state.devices.map((one) => one.device)))];
  return names.sort().map((device) => ({
    device,
    states: states.flatMap(({ patches, devices }) => {
      const counts = devices.find((one) => one.device === device);
      return counts ? [{ patches, counts }] : [];
    }),
  }));
}

/** The trace in one sentence. */
export function traceLine({ trace, files, driver }: ReplayDocument): string {
  const calls = `${plural(trace.map_calls, 'map')}, ${plural(trace.unmap_calls, 'unmap')}, ${plural(trace.sync_calls, 'sync')}`;
  return (
    `${plural(files.length, 'file')}, ${plural(trace.events, 'event')} ` +
    `(${count(trace.unparsed)} unparsed, ${count(trace.dropped)} dropped): ${calls}; ` +
    `${plural(trace.unpaired_unmaps, 'unmap')} without a recorded map, ` +
    `${plural(trace.never_unmapped, 'mapping')} never unmapped; ` +
    `replayed on ${driver === 'virtio' ? 'virtio-iommu' : 'a table'}`
  );
}
