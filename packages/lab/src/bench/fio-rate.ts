// SPDX-License-Identifier: GPL-2.0-only
// How many I/Os of 4 KiB the simulation does in a second of one core, and what memory it holds while it does.

import {
  jobFromFlags,
  needsOf,
  newLayout,
  policiesNamed,
  preset,
  simulate,
} from '@iommu-bounce/simulation';

export interface FioRate {
  readonly policy: string;
  readonly ios: number;
  /** By the time that the process had a CPU for, so that others on the machine count less. */
  readonly ios_per_s: number;
  /** Bytes of the heap after a tenth of the run and at its end, as the collector left it then. */
  readonly heap_early: number;
  readonly heap_late: number;
}

/** @param policies names with commas between */
export function fioRates(policies: string, numberIos: number): FioRate[] {
  return policiesNamed(policies).map((policy) => {
    const { job } = jobFromFlags({ bs: '4k', iodepth: '64', numberIos: String(numberIos) });
    const layout = newLayout('fresh', 1);
    const needs = needsOf([job], 4, layout);
    const device = policy.boot(
      { iommu: 'virtio-iommu', cost: preset('laptop-virtio') },
      { ...needs, bytes: false },
    );
    let early = 0;
    const before = process.cpuUsage();
    const { ios } = simulate(device, [job], needs, {
      cpus: 4,
      seed: 1,
      moveData: false,
      layout,
      progress: (done) => {
        if (early === 0 && done >= numberIos / 10) early = heap();
      },
    });
    const { user, system } = process.cpuUsage(before);
    return {
      policy: policy.name,
      ios,
      ios_per_s: Math.round((ios * 1e6) / (user + system)),
      heap_early: early,
      heap_late: heap(),
    };
  });
}

/** What is in use, after a collection where node was started with --expose-gc. */
function heap(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
