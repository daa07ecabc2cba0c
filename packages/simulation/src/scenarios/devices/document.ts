// SPDX-License-Identifier: GPL-2.0-only
// What `fio --scenario devices --json` prints; docs/json.md says more. Bytes and virtual nanoseconds.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { CostParameters, PresetName } from '../../cost';
import type { LayoutName } from '../../jobs';
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
  /** Bytes that bounce buffers hold, or that are set aside for them, at most. */
  readonly peak_bytes: whole_number;
  /** Bytes on average, over the virtual time of the load. */
  readonly mean_load_bytes: number;
  /** Bytes on average, with the idle time after the load. */
  readonly mean_bytes: number;
  /** Of peak and means. */
  readonly source: Source;
  /** Bytes of the slot arrays. They stay as long as the device, whatever the load. Always arithmetic. */
  readonly array_bytes: whole_number;
  /** What is held some time after the load has ended. */
  readonly after: readonly {
    /** Virtual nanoseconds after the end of the load. */
    readonly after_ns: number;
    /** Bytes held then. */
    readonly bytes: whole_number;
  }[];
}

export interface SetupFigures {
  /** Requests to the IOMMU when a device is plugged in. From the run. */
  readonly requests: whole_number;
  /** Of them, requests that the approach adds. */
  readonly requests_added: whole_number;
  /** Nanoseconds of these requests, as charged in the run; mean over devices. */
  readonly request_ns: number;
  /** Nanoseconds for addresses and slot arrays: counted in the run, priced by the cost parameters. Arithmetic. */
  readonly array_ns: number;
  /** Nanoseconds spent once when the machine boots. Arithmetic. */
  readonly boot_ns: number;
  /** A device whose needs nobody knew at boot can be served. */
  readonly hotplug: boolean;
}

export interface ApproachFigures {
  /** Who has the bounce buffers. */
  readonly approach: Approach;
  /** The approach in words. */
  readonly what: string;
  /** Bounce memory. */
  readonly memory: MemoryFigures;
  /** Bytes of addresses reserved in all domains; read off the domains. */
  readonly iova_reserved_bytes: whole_number;
  /** What it takes to plug a device in. */
  readonly setup: SetupFigures;
}

/** A run of all devices of a count. */
export interface DevicesRun {
  /** The policy that was run. */
  readonly policy: 'pool' | 'swiotlb-force';
  /** I/Os of all devices. */
  readonly ios: whole_number;
  /** I/Os per second of the busy device. */
  readonly busy_iops: number;
  /** Bytes copied to and from bounce buffers. */
  readonly copied_bytes: whole_number;
  /** Submissions put off for want of room. */
  readonly mapping_failures: whole_number;
  /** Bounce memory of all devices. */
  readonly bounce_over_time: OccupancyCurve;
  /** What was found in the moved bytes; null: not moved. */
  readonly data: {
    /** Pages whose bytes were looked at. */
    readonly pages_checked: whole_number;
    /** Of these, pages with wrong bytes. */
    readonly pages_wrong: whole_number;
    /** Accesses without translation. */
    readonly faults: whole_number;
  } | null;
  /** What the machine still holds at the end: nothing, unless the simulation is wrong. */
  readonly leaks: readonly string[];
  /** Checked at the end of the watched time. */
  readonly invariants: readonly Invariant[];
}

export interface DeviceCountFigures {
  /** Devices, each with a domain of its own. */
  readonly domains: whole_number;
  /** Of them, devices that were plugged in during the load. */
  readonly plugged_late: whole_number;
  /** Of them, devices with a burst. */
  readonly bursts: whole_number;
  /** Of them, devices without any I/O. */
  readonly idle: whole_number;
  /** Ways to have bounce memory. */
  readonly approaches: readonly ApproachFigures[];
  /** The runs that the figures were read from. */
  readonly runs: readonly DevicesRun[];
}

export interface DevicesDocument {
  /** Many devices, most of them idle. */
  readonly scenario: 'devices';
  /** No figure in here was measured. */
  readonly simulated: true;
  /** The machine whose cost parameters were used, before any were changed. */
  readonly preset: PresetName;
  /** The cost parameters that were used. */
  readonly cost: CostParameters;
  /** Virtual CPUs. */
  readonly cpus: whole_number;
  /** How the buffers lie in guest memory. */
  readonly layout: LayoutName;
  /** Of everything random. */
  readonly seed: whole_number;
  /** False: copies were charged for and not done. */
  readonly data_moved: boolean;
  /** What the devices do. */
  readonly load: {
    /** The one busy device. */
    readonly busy: {
      /** Bytes of an I/O. */
      readonly bs: whole_number;
      /** I/Os in flight. */
      readonly iodepth: whole_number;
    };
    /** Each device with a burst. */
    readonly burst: {
      /** Bytes of an I/O. */
      readonly bs: whole_number;
      /** I/Os in flight. */
      readonly iodepth: whole_number;
      /** I/Os of the burst. */
      readonly ios: whole_number;
    };
    /** Virtual nanoseconds under load. */
    readonly load_ns: number;
    /** Virtual nanoseconds watched: the load, and the idle time after it. */
    readonly watched_ns: number;
  };
  /** One for each number of devices. */
  readonly counts: readonly DeviceCountFigures[];
}
