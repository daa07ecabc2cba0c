// SPDX-License-Identifier: GPL-2.0-only
// What `fio --scenario devices --json` prints; docs/scenarios.schema.json describes it. Bytes and virtual nanoseconds.

import type { Invariant, OccupancyCurve } from '../../sim';

/**
 * pool: the series; global: one swiotlb area for all; global-needed: one just large enough; per-device: an area for each
 * device, as large as its own peak (restricted DMA pools); per-device-alike: an area for each, as large as the largest
 * peak, since any of them may be the busy one.
 */
export const APPROACHES = [
  'pool',
  'global',
  'global-needed',
  'per-device',
  'per-device-alike',
] as const;
export type Approach = (typeof APPROACHES)[number];

/** run: read off the ported code while it ran; arithmetic: computed from such a reading, or from sizes of the C. */
export type Source = 'run' | 'arithmetic';

export interface MemoryFigures {
  /** Pages that bounce buffers hold, or that are set aside for them. */
  readonly peak_bytes: number;
  /** Over the virtual time of the load, and with the idle time behind it. */
  readonly mean_load_bytes: number;
  readonly mean_bytes: number;
  /** Of peak and means. */
  readonly source: Source;
  /** The records of buffers: slot arrays. They stay as long as the device, whatever the load. Always arithmetic. */
  readonly array_bytes: number;
  /** What is held some time after the load has ended. */
  readonly after: readonly { readonly after_ns: number; readonly bytes: number }[];
}

export interface SetupFigures {
  /** Requests to the IOMMU when a device is plugged in, and of them those that the approach adds. From the run. */
  readonly requests: number;
  readonly requests_added: number;
  /** Time of these requests, as charged in the run; mean over devices. */
  readonly request_ns: number;
  /** Time for addresses and slot arrays. Arithmetic: allocations counted in the run, priced by the cost parameters. */
  readonly array_ns: number;
  /** Spent once when the machine boots. Arithmetic. */
  readonly boot_ns: number;
  /** A device whose needs nobody knew at boot can be served. */
  readonly hotplug: boolean;
}

export interface ApproachFigures {
  readonly approach: Approach;
  readonly what: string;
  readonly memory: MemoryFigures;
  /** Addresses reserved in all domains; read off the domains. */
  readonly iova_reserved_bytes: number;
  readonly setup: SetupFigures;
}

/** A run of all devices of a count. */
export interface DevicesRun {
  readonly policy: 'pool' | 'swiotlb-force';
  readonly ios: number;
  readonly busy_iops: number;
  readonly copied_bytes: number;
  readonly mapping_failures: number;
  readonly bounce_over_time: OccupancyCurve;
  readonly data: {
    readonly pages_checked: number;
    readonly pages_wrong: number;
    readonly faults: number;
  } | null;
  readonly leaks: readonly string[];
  /** Checked at the end of the watched time. */
  readonly invariants: readonly Invariant[];
}

export interface DeviceCountFigures {
  readonly domains: number;
  /** Of them: plugged in during the load; with a burst; without any I/O. */
  readonly plugged_late: number;
  readonly bursts: number;
  readonly idle: number;
  readonly approaches: readonly ApproachFigures[];
  readonly runs: readonly DevicesRun[];
}

export interface DevicesDocument {
  readonly scenario: 'devices';
  readonly simulated: true;
  readonly preset: string;
  readonly cost: Readonly<Record<string, number>>;
  readonly cpus: number;
  readonly layout: string;
  readonly seed: number;
  readonly data_moved: boolean;
  readonly load: {
    readonly busy: { readonly bs: number; readonly iodepth: number };
    readonly burst: { readonly bs: number; readonly iodepth: number; readonly ios: number };
    readonly load_ns: number;
    readonly watched_ns: number;
  };
  readonly counts: readonly DeviceCountFigures[];
}
