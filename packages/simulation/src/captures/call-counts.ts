// SPDX-License-Identifier: GPL-2.0-only
// Counts of the DMA API calls of a capture, as a replay and a policy's run both take them.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { FALLBACK_REASONS, type FallbackReason } from '../policies';

/** Counts of calls, for one device or for all. */
export interface CallCounts {
  /** Map calls that were made. */
  map_calls: whole_number;
  /** Unmap calls. */
  unmap_calls: whole_number;
  /** Sync calls. */
  sync_calls: whole_number;
  /** Map calls that failed: no room, or more than swiotlb can hold in one piece. */
  failed_calls: whole_number;
  /** Times that the trace point iommu:map was passed. */
  iommu_maps: whole_number;
  /** The same of iommu:unmap. */
  iommu_unmaps: whole_number;
  /** Calls of the IOMMU's driver that map or unmap: one for each page of a size that the IOMMU has. */
  driver_requests: whole_number;
  /** Bytes copied to and from bounce buffers. */
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
}

export function noCallCounts(): CallCounts {
  return {
    map_calls: 0,
    unmap_calls: 0,
    sync_calls: 0,
    failed_calls: 0,
    iommu_maps: 0,
    iommu_unmaps: 0,
    driver_requests: 0,
    copied_bytes: 0,
    pool_hits: 0,
    pool_fills: 0,
    fallbacks: 0,
    evictions: 0,
    fallbacks_by_reason: { too_big: 0, full: 0, fill_failed: 0 },
  };
}

const SUMMED = [
  ...(['map_calls', 'unmap_calls', 'sync_calls', 'failed_calls'] as const),
  ...(['iommu_maps', 'iommu_unmaps', 'driver_requests', 'copied_bytes'] as const),
  ...(['pool_hits', 'pool_fills', 'fallbacks', 'evictions'] as const),
] as const;

export function addCallCounts(to: CallCounts, from: CallCounts): void {
  for (const name of SUMMED) to[name] += from[name];
  for (const reason of FALLBACK_REASONS)
    to.fallbacks_by_reason[reason] += from.fallbacks_by_reason[reason];
}
