// SPDX-License-Identifier: GPL-2.0-only
// The figures of an experiment in words: what the tables of the terminal and the report both say.

import {
  type CauseName,
  type FioDocument,
  type FioRun,
  COST_PARAMETERS,
  COVER_LETTER_IOS,
  preset as presetCosts,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { blockSize, count } from '../show/format';
import { sum } from '../show/sum';

/** What was simulated, in a sentence or two. */
export function heading({ preset, cpus, layout, seed, data_moved, runs }: FioDocument): string {
  const ios = sum(runs, (run) => run.ios);
  return (
    `Simulated, not measured: ${count(ios)} I/Os through the ported code in virtual time. Costs: ${preset}; ` +
    `${String(cpus)} CPUs, memory layout ${layout}, seed ${String(seed)}` +
    `${data_moved ? ', data moved and checked' : ', data not moved'}.`
  );
}

/** With the mark of a what-if. */
export function runName(run: FioRun): string {
  return `${run.policy}${run.what_if === null ? '' : ' *'}`;
}

/** Causes of time, in groups that fit a table. */
export const TIME_GROUPS: readonly (readonly [string, readonly CauseName[]])[] = [
  ['I/O', ['submit', 'complete', 'interrupt']],
  ['DMA API', ['dmaApi', 'iova', 'pageAlloc', 'pageTable']],
  ['exits', ['vmexit', 'vmm']],
  ['VFIO', ['vfio', 'pin', 'unpin', 'hostFlush']],
  ['invalidate', ['invalidate']],
  ['bounce', ['pool', 'swiotlb']],
  ['copy', ['copy']],
  ['lock', ['lockWait']],
];

/** Nanoseconds, of the causes there are, that these take. */
export function timeOf(
  byCause: Readonly<Record<CauseName, number>>,
  causes: readonly CauseName[],
): number {
  return sum(causes, (cause) => byCause[cause]);
}

/** CPU time in nanoseconds per I/O. */
export function timeIn(run: FioRun, causes: readonly CauseName[]): number {
  return timeOf(run.cpu_ns_per_io.by_cause, causes);
}

/** The groups that any of the runs spends time on. */
export function timeGroupsOf(runs: readonly FioRun[]): typeof TIME_GROUPS {
  return TIME_GROUPS.filter(([, causes]) => runs.some((run) => timeIn(run, causes) > 0));
}

/** What is to be known of an experiment beside its figures, each once. */
export function notesOf(document: FioDocument): string[] {
  return [...coverLetterNotes(document), ...new Set(document.runs.flatMap((run) => notes(run)))];
}

/** Why figures may differ from the cover letter's although the model is right. */
function coverLetterNotes({ comparison, runs, preset, cost }: FioDocument): string[] {
  if (comparison.every((row) => row.speedup_published === null)) return [];
  const fitted = presetCosts(preset);
  const changed = COST_PARAMETERS.map(({ name }) => name).filter(
    (name) => cost[name] !== fitted[name],
  );
  return [
    ...(changed.length > 0
      ? [
          `the cover letter's figures were fitted with the preset: ${changed.join(', ')} ${changed.length === 1 ? 'differs' : 'differ'} from it`,
        ]
      : []),
    ...(runs.some(({ ios }) => ios < COVER_LETTER_IOS)
      ? [
          `fewer than ${count(COVER_LETTER_IOS)} I/Os: start, end and pool fills of a run distort the comparison with the cover letter`,
        ]
      : []),
  ];
}

function notes(run: FioRun): string[] {
  return [
    ...(run.what_if === null ? [] : [`* ${run.policy} is a what-if: ${run.what_if}`]),
    ...(run.patches === 4 && run.pool_mappings === 0
      ? [
          `${run.policy}, ${blockSize(run.bs)}: no I/O fits a buffer of the pool (128 KiB at most), so the IOMMU maps them directly`,
        ]
      : []),
    ...(run.fixes.length > 0 ? [`${run.policy}: ${run.fixes.join(', ')}`] : []),
    ...(run.mapping_failures > 0
      ? [
          `${run.policy}, ${blockSize(run.bs)}: ${count(run.mapping_failures)} submissions were delayed because bounce memory was full`,
        ]
      : []),
    ...(run.stale_contents_max_ns > 0
      ? [
          `${run.policy}: the device can read old data in a bounce buffer until the buffer is reused or evicted`,
        ]
      : []),
    ...wrongsOf(run).map((what) => `WRONG: ${runName(run)}, ${blockSize(run.bs)}: ${what}`),
  ];
}
