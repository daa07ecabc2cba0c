// SPDX-License-Identifier: GPL-2.0-only
// A recorded device under a policy: what was counted for it, and the domain that it shares with those of its group.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import {
  FALLBACK_REASONS,
  type FallbackReason,
  type IovaUse,
  IovaView,
  type Plugged,
} from '../policies';
import { Occupancy, SlotAges, StaleClock } from '../sim';

/** Counts of a policy, for one device or for all. */
export interface CaptureCounts {
  /** Map calls that were made. */
  map_calls: whole_number;
  /** Unmap calls. */
  unmap_calls: whole_number;
  /** Sync calls. */
  sync_calls: whole_number;
  /** Map calls that failed: no room, or more than swiotlb can hold in one piece. */
  failed_calls: whole_number;
  /** Times that iommu:map was passed. */
  iommu_maps: whole_number;
  /** Times that iommu:unmap was passed. */
  iommu_unmaps: whole_number;
  /** Calls of the IOMMU's driver that map or unmap: one for each page of a size that the IOMMU has. */
  driver_requests: whole_number;
  /** Times that the guest was left in calls; 0 on bare metal. */
  exits: whole_number;
  /** Copies to and from bounce buffers. */
  copies: whole_number;
  /** Bytes of these copies. */
  copied_bytes: whole_number;
  /** Mappings that took a slot of the pool with a buffer. */
  pool_hits: whole_number;
  /** Mappings that took a slot and made its buffer. */
  pool_fills: whole_number;
  /** Mappings that asked the pool and did not go through it. */
  fallbacks: whole_number;
  /** The same by reason: larger than all classes; no slot free; no buffer could be made. */
  fallbacks_by_reason: Record<FallbackReason, whole_number>;
  /** Buffers that the pool gave back. */
  evictions: whole_number;
  /** Nanoseconds of CPU time in map calls and syncs for the device, without waiting for locks. */
  map_ns: number;
  /** The same in unmap calls and syncs for the CPU. */
  unmap_ns: number;
}

export function noCounts(): CaptureCounts {
  return {
    ...{ map_calls: 0, unmap_calls: 0, sync_calls: 0, failed_calls: 0 },
    ...{ iommu_maps: 0, iommu_unmaps: 0, driver_requests: 0, exits: 0, copies: 0, copied_bytes: 0 },
    ...{ pool_hits: 0, pool_fills: 0, fallbacks: 0, evictions: 0, map_ns: 0, unmap_ns: 0 },
    fallbacks_by_reason: { too_big: 0, full: 0, fill_failed: 0 },
  };
}

const SUMMED = [
  ...(['map_calls', 'unmap_calls', 'sync_calls', 'failed_calls'] as const),
  ...(['iommu_maps', 'iommu_unmaps', 'driver_requests', 'exits'] as const),
  ...(['copies', 'copied_bytes', 'pool_hits', 'pool_fills', 'fallbacks', 'evictions'] as const),
  ...(['map_ns', 'unmap_ns'] as const),
] as const;

export function addCaptureCounts(to: CaptureCounts, from: CaptureCounts): void {
  for (const name of SUMMED) to[name] += from[name];
  for (const reason of FALLBACK_REASONS)
    to.fallbacks_by_reason[reason] += from.fallbacks_by_reason[reason];
}

/** What is watched of a domain, or of a device without one. */
export class CaptureDomain {
  readonly stale: StaleClock;
  readonly ages: SlotAges;
  readonly bounce = new Occupancy();
  /** Its addresses, when the holes took the largest share that was seen. */
  iova: IovaUse | null = null;
  /** Bytes of its bounce buffers, as steps have been played. */
  bytes = 0;
  private readonly addresses: IovaView;

  /** @param first the device that what happens beside calls is counted for */
  constructor(
    readonly id: number,
    readonly plugged: Plugged,
    readonly first: CaptureDevice,
  ) {
    this.stale = new StaleClock(id);
    this.ages = new SlotAges(plugged.pool);
    this.addresses = new IovaView(plugged.domain);
  }

  /** Looks at its addresses. */
  lookAtAddresses(): void {
    const use = this.addresses.use();
    if (use && (!this.iova || use.fragmentation >= this.iova.fragmentation)) this.iova = use;
  }
}

export class CaptureDevice {
  readonly counts = noCounts();
  domain!: CaptureDomain;

  constructor(
    readonly name: string,
    readonly plugged: Plugged,
  ) {}
}
