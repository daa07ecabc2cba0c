// SPDX-License-Identifier: GPL-2.0-only
// Before the series against the series: a row for each size of reads, beside what the cover letter prints.

import { predictedFromTwo } from '../cost';
import type { FioJob } from '../jobs';
import type { FioComparison, FioRun } from './document';
import { PUBLISHED_MAP_REDUCTION, publishedFor } from './published';

const READS: ReadonlySet<string> = new Set(['read', 'randread']);

/**
 * @param runs of the groups in turn, all policies of one group together
 * @param coverLetterMachine whether the machine is one that the cover letter's figures can be compared with
 */
export function compare(
  groups: readonly (readonly FioJob[])[],
  runs: readonly FioRun[],
  coverLetterMachine: boolean,
): FioComparison[] {
  const rows: FioComparison[] = [];
  const perGroup = groups.length > 0 ? runs.length / groups.length : 0;
  for (const [i, jobs] of groups.entries()) {
    const own = runs.slice(i * perGroup, (i + 1) * perGroup);
    const strict = own.find(({ policy }) => policy === 'strict');
    const pool = own.find(({ policy, fixes }) => policy === 'pool' && fixes.length === 0);
    if (!strict || !pool || !READS.has(strict.rw)) continue;
    // One row for each size, also where several groups have it.
    if (rows.some(({ bs }) => bs === strict.bs)) continue;
    // The cover letter's runs were on 5.13.
    const asPublished = coverLetterMachine && strict.what_if === null && pool.what_if === null;
    const published = asPublished ? publishedFor(jobs) : null;
    rows.push({
      bs: strict.bs,
      speedup: pool.bandwidth_bytes_per_s / strict.bandwidth_bytes_per_s,
      speedup_published: published?.speedup ?? null,
      unmap_reduction: 1 - pool.unmap_ns_per_gb / strict.unmap_ns_per_gb,
      unmap_reduction_published: published?.unmapReduction ?? null,
      map_reduction: 1 - pool.map_ns_per_gb / strict.map_ns_per_gb,
      map_reduction_published: published ? PUBLISHED_MAP_REDUCTION : null,
      predicted_from_two: published ? predictedFromTwo(strict.bs) : null,
    });
  }
  return rows;
}
