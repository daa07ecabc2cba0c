// SPDX-License-Identifier: GPL-2.0-only
// What a lane's kernel does, told with the trace's time.

/** Who keeps it. */
export interface LaneTimeline {
  /** It passed the trace point iommu:map or iommu:unmap. */
  request(device: string, ns: number): void;
  /** The device's pool has so many bytes of buffers now. */
  bounce(device: string, bytes: number, ns: number): void;
}
