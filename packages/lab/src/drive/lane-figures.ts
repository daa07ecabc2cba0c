// SPDX-License-Identifier: GPL-2.0-only
// What a lane's kernel did, by device.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { type CallCounts, addCallCounts, noCallCounts } from '@iommu-bounce/simulation';
import { type VirtioCounts, addVirtioCounts, newVirtioCounts } from './virtio-counts';

export interface LaneCounts extends CallCounts {
  /** Bytes mapped at iommu:map. */
  mapped_bytes: whole_number;
  /** Bytes of bounce buffers, at most. */
  peak_bounce_bytes: whole_number;
  /** At virtio-iommu's device and behind it; null where there is none. */
  virtio: VirtioCounts | null;
}

export interface DeviceCounts extends LaneCounts {
  /** The device's name. */
  readonly device: string;
}

export function newCounts(): LaneCounts {
  return { ...noCallCounts(), mapped_bytes: 0, peak_bounce_bytes: 0, virtio: null };
}

/** Adds counts; of two peaks the higher one stays. */
export function addCounts(to: LaneCounts, from: LaneCounts): void {
  addCallCounts(to, from);
  to.mapped_bytes += from.mapped_bytes;
  to.peak_bounce_bytes = Math.max(to.peak_bounce_bytes, from.peak_bounce_bytes);
  if (from.virtio) addVirtioCounts((to.virtio ??= newVirtioCounts()), from.virtio);
}

/** What is held now, by device and in all, and the most that it was. */
class Level {
  readonly byDevice = new Map<string, number>();
  private now = 0;
  peak = 0;

  /** What the device holds then. */
  add(device: string, n: number): number {
    const now = (this.byDevice.get(device) ?? 0) + n;
    this.byDevice.set(device, now);
    this.now += n;
    this.peak = Math.max(this.peak, this.now);
    return now;
  }

  reset(): void {
    this.peak = this.now;
  }
}

/** The counts of one lane. */
export class LaneFigures {
  private readonly byDevice = new Map<string, DeviceCounts>();
  private readonly bounce = new Level();
  private readonly pins = new Level();

  /** @param hasVirtio whether virtio-iommu is counted */
  constructor(private readonly hasVirtio = false) {}

  of(device: string): LaneCounts {
    let found = this.byDevice.get(device);
    if (!found) {
      const virtio = this.hasVirtio ? newVirtioCounts() : null;
      this.byDevice.set(device, (found = { device, ...newCounts(), virtio }));
    }
    return found;
  }

  virtioOf(device: string): VirtioCounts {
    return (this.of(device).virtio ??= newVirtioCounts());
  }

  /** A pool got (or gave back) the pages of a buffer. @returns bytes that it has now */
  buffer(device: string, bytes: number): number {
    const counts = this.of(device);
    const now = this.bounce.add(device, bytes);
    counts.peak_bounce_bytes = Math.max(counts.peak_bounce_bytes, now);
    return now;
  }

  /** Pages were pinned for a device; below 0: unpinned. */
  pinned(device: string, pages: number): void {
    const counts = this.virtioOf(device);
    counts.peak_pinned_pages = Math.max(counts.peak_pinned_pages, this.pins.add(device, pages));
  }

  /** Begins to count, with the buffers and pins that there are. */
  reset(): void {
    this.byDevice.clear();
    this.bounce.reset();
    this.pins.reset();
    for (const [device, bytes] of this.bounce.byDevice) this.of(device).peak_bounce_bytes = bytes;
    for (const [device, pages] of this.pins.byDevice)
      this.virtioOf(device).peak_pinned_pages = pages;
  }

  devices(): DeviceCounts[] {
    return [...this.byDevice.values()].sort((a, b) => (a.device < b.device ? -1 : 1));
  }

  /** All devices; the peak is that of all together. */
  total(): LaneCounts {
    const total = newCounts();
    for (const counts of this.byDevice.values()) addCounts(total, counts);
    total.peak_bounce_bytes = this.bounce.peak;
    if (this.hasVirtio) (total.virtio ??= newVirtioCounts()).peak_pinned_pages = this.pins.peak;
    return total;
  }
}
