// SPDX-License-Identifier: GPL-2.0-only
// What `fio --json` prints; docs/json.md says more.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { CostParameters, PresetName } from '../cost';
import type { LayoutName } from '../jobs';
import type { RequestLimits, RunResult } from '../sim';

export interface FioRun extends RunResult {
  /** The way in which memory is protected; with `+fixes`, where fixes are on. */
  readonly policy: string;
  /** Patches of the series that are applied. */
  readonly patches: 0 | 4;
  /** Set for a policy that 5.13 did not have: where its code was read. */
  readonly what_if: string | null;
  /** Fixes of findings that are on. */
  readonly fixes: readonly string[];
  /** Names of the jobs that ran beside each other. */
  readonly jobs: readonly string[];
  /** Bytes of an I/O; of a mix the mean. */
  readonly bs: number;
  /** As fio's rw; of different jobs all of them. */
  readonly rw: string;
  /** Of each clone; of different jobs the largest. */
  readonly iodepth: whole_number;
  /** Clones of all jobs. */
  readonly numjobs: whole_number;
}

/** Reads of one size, before the series and with it. */
export interface FioComparison {
  /** Bytes of a read. */
  readonly bs: number;
  /** Throughput with the pool by throughput without. */
  readonly speedup: number;
  /** That of the cover letter; null where it has none. */
  readonly speedup_published: number | null;
  /** Time per byte in unmaps that the pool saves, as a fraction of the time without it. */
  readonly unmap_reduction: number;
  /** That of the cover letter; null where it has none. */
  readonly unmap_reduction_published: number | null;
  /** The same of maps. */
  readonly map_reduction: number;
  /** That of the cover letter, which says "more than"; null where it has none. */
  readonly map_reduction_published: number | null;
  /** What parameters fitted to the cover letter's 4k and 128k columns alone predict; null where there is no prediction. */
  readonly predicted_from_two: {
    /** 5 and 95 % of what the accepted parameters give. */
    readonly speedup: readonly [number, number];
    /** The same, a fraction. */
    readonly unmap_reduction: readonly [number, number];
  } | null;
}

export interface FioDocument {
  /** All figures are simulated. */
  readonly simulated: true;
  /** The machine whose cost parameters were used, before any were changed. */
  readonly preset: PresetName;
  /** The cost parameters that were used. */
  readonly cost: CostParameters;
  /** Virtual CPUs. */
  readonly cpus: whole_number;
  /** How the jobs' buffers lie in guest memory. */
  readonly layout: LayoutName;
  /** Of everything random. */
  readonly seed: whole_number;
  /** False: copies were charged for and not done. */
  readonly data_moved: boolean;
  /** How large a request to the drive can be: KiB or counts, as REQUEST_LIMITS says. */
  readonly request_limits: RequestLimits;
  /** What of the jobs is ignored or taken for granted, and changes figures: one line each. --strict refuses such jobs. */
  readonly warnings: readonly string[];
  /** One for each group of jobs and each policy. */
  readonly runs: readonly FioRun[];
  /** One row for each size of reads that both strict and pool did. */
  readonly comparison: readonly FioComparison[];
}
