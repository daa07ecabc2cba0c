// SPDX-License-Identifier: GPL-2.0-only
// Many devices, most of them idle: which are there at boot, which are plugged in later, which are busy, and when.

import { type FioJob, PLAIN_JOB } from '../../jobs';

export const DEVICE_COUNTS = [1, 16, 256] as const;

/** Virtual nanoseconds of load; what comes behind is idle. */
export const LOAD_NS = 2e9;
/** Looks at the memory after that. The pool lets a buffer go 5.12 to 10.38 s after its last use, at 250 Hz. */
export const LOOKS_NS = [0, 5e9, 8e9, 9e9, 10.5e9] as const;

/** The busy device: the cover letter's reads, at the size that gains most. */
export const BUSY = { bytes: 16384, iodepth: 64 } as const;
/** A burst on one of the others. */
export const BURST = { bytes: 65536, iodepth: 16, ios: 128 } as const;
/** Devices of those there at boot that have a burst, at most. */
const MOST_RESIDENT_BURSTS = 8;
/** One device in so many is plugged in while the load runs; at least 4 of 16. */
const PLUGGED_SHARE = 16;
const LEAST_PLUGGED = 4;
/** From being plugged in to the first I/O: the driver starts. */
const PROBE_NS = 20e6;

export interface PlannedDevice {
  /** Null: there at boot. */
  readonly pluggedAt: number | null;
  readonly job: FioJob | null;
  /** When the job begins. */
  readonly from: number;
}

/** @param count of devices, at least 1; the first is the busy one */
export function devicesOf(count: number): PlannedDevice[] {
  const others = count - 1;
  const plugged =
    others === 0 ? 0 : Math.min(others, Math.max(LEAST_PLUGGED, Math.ceil(count / PLUGGED_SHARE)));
  const bursts = Math.min(others - plugged, MOST_RESIDENT_BURSTS);
  const spread = (i: number, of: number): number => tick((LOAD_NS * (i + 1)) / (of + 2));
  return [
    { pluggedAt: null, job: busyJob(), from: 0 },
    ...Array.from({ length: others - plugged }, (_, i) => ({
      pluggedAt: null,
      job: i < bursts ? burstJob(`burst-${String(i + 1)}`) : null,
      from: i < bursts ? spread(i, bursts) : 0,
    })),
    ...Array.from({ length: plugged }, (_, i) => ({
      pluggedAt: spread(i, plugged),
      job: burstJob(`plugged-${String(i + 1)}`),
      from: spread(i, plugged) + PROBE_NS,
    })),
  ];
}

/** A multiple of 4 ms, the clock's tick. */
function tick(ns: number): number {
  return Math.round(ns / 4e6) * 4e6;
}

function reads(name: string, bytes: number, iodepth: number): FioJob {
  const sizes = [{ bytes, weight: 1 }];
  return {
    name,
    rw: 'read',
    rwmixread: 50,
    bs: { read: sizes, write: sizes },
    iodepth,
    numjobs: 1,
    numberIos: null,
    size: null,
    runtimeNs: null,
    stonewall: false,
    seed: null,
    ...PLAIN_JOB,
  };
}

function busyJob(): FioJob {
  return { ...reads('busy', BUSY.bytes, BUSY.iodepth), runtimeNs: LOAD_NS };
}

function burstJob(name: string): FioJob {
  return { ...reads(name, BURST.bytes, BURST.iodepth), numberIos: BURST.ios };
}
