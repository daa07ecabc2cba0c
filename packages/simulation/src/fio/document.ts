// SPDX-License-Identifier: GPL-2.0-only
// What `fio --json` prints; docs/fio.schema.json describes it.

import type { RequestLimits, RunResult } from '../sim';

export interface FioRun extends RunResult {
  readonly policy: string;
  readonly patches: number;
  /** Set for a policy that 5.13 did not have: where its code was read. */
  readonly what_if: string | null;
  /** Fixes of findings that are on. */
  readonly fixes: readonly string[];
  /** Names of the jobs that ran beside each other. */
  readonly jobs: readonly string[];
  /** Bytes; of a mix the mean. */
  readonly bs: number;
  readonly rw: string;
  /** Of each clone; of different jobs the largest. */
  readonly iodepth: number;
  /** Clones of all jobs. */
  readonly numjobs: number;
}

/** Reads of one size, before the series and with it. */
export interface FioComparison {
  readonly bs: number;
  /** Throughput with the pool by throughput without. */
  readonly speedup: number;
  readonly speedup_published: number | null;
  /** Fractions, of the time per byte. */
  readonly unmap_reduction: number;
  readonly unmap_reduction_published: number | null;
  readonly map_reduction: number;
  /** Published as "more than". */
  readonly map_reduction_published: number | null;
  /** What parameters fitted to the cover letter's 4k and 128k columns alone predict; null where there is no prediction. */
  readonly predicted_from_two: {
    readonly speedup: readonly [number, number];
    readonly unmap_reduction: readonly [number, number];
  } | null;
}

export interface FioDocument {
  /** All figures are simulated. */
  readonly simulated: true;
  readonly preset: string;
  /** The cost parameters that were used. */
  readonly cost: Readonly<Record<string, number>>;
  readonly cpus: number;
  readonly layout: string;
  readonly seed: number;
  readonly data_moved: boolean;
  /** How large a request to the drive can be: KiB or counts, as REQUEST_LIMITS says. */
  readonly request_limits: Readonly<RequestLimits>;
  /** What of the jobs is ignored or taken for granted, and changes figures: one line each. */
  readonly warnings: readonly string[];
  readonly runs: readonly FioRun[];
  readonly comparison: readonly FioComparison[];
}
