// SPDX-License-Identifier: GPL-2.0-only
// Several recordings in one replay: that their figures are put together, and the verdict on each.

import { ENOUGH, type ReplayDocument } from '../compare';
import { oneLine } from '../errors';
import { plural, shortMicros } from '../show/format';

/** Before any figure; empty if all files are of one machine. */
export function togetherLines({ boots, verdict_by_boot: each }: ReplayDocument): string[] {
  if (boots < 2) return [];
  return [
    `${String(boots)} recordings, replayed on a machine each: nothing in them shows that they are CPUs of one boot. The verdict and the tables are of all together; each by itself:`,
    ...each.map(({ files, verdict }) => `${files.map(oneLine).join(', ')}: ${figures(verdict)}`),
  ];
}

function figures(verdict: ReplayDocument['verdict']): string {
  if (verdict === null) return 'no verdict was asked for';
  const { mappings, unmaps, pool_mappings: through, before, series } = verdict;
  if (through === 0) return `none of ${plural(mappings, 'mapping')} goes through the pool`;
  const few = Math.min(mappings, unmaps) < ENOUGH ? ', too few to say more' : '';
  return `${shortMicros(series.ns)} µs of CPU per map and unmap instead of ${shortMicros(before.ns)} µs (${plural(mappings, 'mapping')}${few})`;
}
