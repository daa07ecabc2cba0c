// SPDX-License-Identifier: GPL-2.0-only
// What a capture's calls take under a policy. Bytes and virtual nanoseconds; no figure in here was measured.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { IovaUse } from '../policies';
import type { Invariant, LockFigures, OccupancyCurve } from '../sim';
import type { CaptureCounts } from './capture-device';

/** What a device holds and can reach, beside its counts. */
export interface CaptureReach {
  /** Bytes of bounce buffers, at most. Devices of one group share them. */
  readonly peak_bounce_bytes: whole_number;
  /** The same on average, until the last call. */
  readonly mean_bounce_bytes: number;
  /** The longest, in ns, that it could reach a page after its unmap; null where it always reaches all memory. */
  readonly stale_max_ns: number | null;
  /** The same on average over all unmaps. */
  readonly stale_mean_ns: number | null;
  /** The longest, in ns, that it could read what was in a buffer of the pool after its unmap; 0 without a pool. */
  readonly stale_contents_max_ns: number;
}

export interface CaptureDeviceRow extends CaptureCounts, CaptureReach {
  /** The device's name. */
  readonly device: string;
  /** Seconds of CPU time in its calls, without waits for locks. */
  readonly cpu_seconds: number;
  /** Its addresses, when holes took the largest share that was seen; null without an IOMMU. */
  readonly iova: IovaUse | null;
}

/** Until the last call ends. */
export interface StaleCurve {
  /** Nanoseconds between samples. */
  readonly interval_ns: number;
  /** The most mappings in each interval; empty if there never was any. */
  readonly mappings: readonly whole_number[];
}

export interface CapturePolicyRow extends CaptureCounts, CaptureReach {
  /** The way in which memory is protected. */
  readonly policy: string;
  /** Patches of the series that are applied. */
  readonly patches: 0 | 4;
  /** Set for a policy that 5.13 does not have here: where its code was read. */
  readonly what_if: string | null;
  /** Seconds of CPU time: in calls, waiting for locks, and beside calls (eviction, flush timers). */
  readonly cpu_seconds: number;
  /** Of these, seconds beside calls. */
  readonly background_seconds: number;
  /** Of these, seconds of waiting for locks. */
  readonly lock_wait_seconds: number;
  /** Bytes set aside for bounce buffers at boot. */
  readonly reserved_bounce_bytes: whole_number;
  /** Bounce memory of all devices; what swiotlb has grown to, where it grows. */
  readonly bounce_over_time: OccupancyCurve;
  /** Mappings that were given back and can still be reached; null: all memory always can. */
  readonly stale_over_time: StaleCurve | null;
  /** Nanoseconds from the first call to the end of the last. */
  readonly elapsed_ns: number;
  /** Mappings that the capture does not unmap. */
  readonly still_mapped: whole_number;
  /** Locks that were taken. */
  readonly locks: readonly LockFigures[];
  /** One for each device. */
  readonly devices: readonly CaptureDeviceRow[];
  /** What the machine still holds when everything is unmapped: nothing, unless the simulation is wrong. */
  readonly leaks: readonly string[];
  /** Checked at the end of the last call. */
  readonly invariants: readonly Invariant[];
}
