// SPDX-License-Identifier: GPL-2.0-only
// What a policy costs: the cover letter's reads, simulated as the verb fio does.

import {
  type CostParameters,
  type Policy,
  type PresetName,
  USUAL_MACHINE,
  coverLetterJobs,
  runExperiment,
} from '@iommu-bounce/simulation';
import type { ProtectionRow, Speed } from './document';

/** Sizes of the cover letter that are run: a small one, and one that its pool still serves. */
const SIZES = [4096, 65536];

/** @param ios of each run; 0: nothing is run */
export function speedsOf(
  policy: Policy,
  preset: PresetName,
  cost: CostParameters,
  seed: number,
  ios: number,
): Speed[] {
  if (ios === 0) return [];
  const jobs = coverLetterJobs(ios).filter(({ bs }) => SIZES.includes(bs.read[0]?.bytes ?? 0));
  const { runs } = runExperiment({
    ...{ groups: jobs.map((job) => [job]), policies: [policy], preset, cost },
    ...{ ...USUAL_MACHINE, seed, moveData: false },
  });
  return runs.map(({ bs, bandwidth_bytes_per_s }) => ({
    bs,
    bandwidth_bytes_per_s,
    of_none: null,
  }));
}

/** Each speed as a share of that without any protection. */
export function besideNone(
  rows: readonly ProtectionRow[],
  none: readonly Speed[],
): ProtectionRow[] {
  return rows.map((row) => ({
    ...row,
    speed: row.speed.map((one) => {
      const most = none.find(({ bs }) => bs === one.bs)?.bandwidth_bytes_per_s ?? 0;
      return { ...one, of_none: most > 0 ? one.bandwidth_bytes_per_s / most : null };
    }),
  }));
}
