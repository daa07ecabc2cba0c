// SPDX-License-Identifier: GPL-2.0-only
// An experiment's runs by groups of jobs: what ran under each policy, with a short name to choose it by.

import type { FioDocument, FioRun } from '@iommu-bounce/simulation';
import { blockSize } from '../show/format';

export interface Group {
  readonly index: number;
  /** Its block size where that tells it from the others, else its jobs too. */
  readonly label: string;
  /** One for each policy. */
  readonly runs: readonly FioRun[];
}

/** @returns in the order in which they ran */
export function groupsOf({ runs }: FioDocument): Group[] {
  const groups: FioRun[][] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    const same = last?.[0] && jobsOf(last[0]) === jobsOf(run);
    if (last && same && !last.some((one) => one.policy === run.policy)) last.push(run);
    else groups.push([run]);
  }
  const firsts = groups.map(([first]) => first as FioRun);
  const plain = firsts.map(({ bs }) => blockSize(bs));
  const unique = new Set(plain).size === plain.length;
  const labels = unique ? plain : firsts.map((run, i) => `${run.jobs.join('+')} ${plain[i] ?? ''}`);
  return groups.map((own, index) => {
    const label = labels[index] ?? '';
    const before = labels.slice(0, index).filter((other) => other === label).length;
    return { index, label: before > 0 ? `${label} (${String(before + 1)})` : label, runs: own };
  });
}

function jobsOf({ jobs, bs, rw, iodepth, numjobs }: FioRun): string {
  return JSON.stringify([jobs, bs, rw, iodepth, numjobs]);
}

/** Names of the policies, in the order in which they ran. */
export function policiesOf({ runs }: FioDocument): string[] {
  return [...new Set(runs.map(({ policy }) => policy))];
}
