// SPDX-License-Identifier: GPL-2.0-only
// The comparison in short: who is best at what, by machine and block size, and what each policy leaves to the device.

import type { ComparedSide, PolicyComparison, WorkloadRow } from '@iommu-bounce/simulation';
import { blockSize, megabytes, micros, stale, time } from '../show/format';
import type { TablePart } from '../show/parts';
import { ALIKE_TEXT, OF_IO, type Round, answerText, bestOf, reachOf } from './answer';

/** What is compared first: reads. */
export function firstRows(c: PolicyComparison): readonly WorkloadRow[] {
  return c.rows.filter(({ workload }) => workload === c.rows[0]?.workload);
}

/** Reads of each size. */
export function roundsOf(c: PolicyComparison): Round[] {
  return firstRows(c).map(({ bs, sides }) => ({
    label: blockSize(bs),
    contestants: sides.map((one) => ({
      policy: one.policy,
      rate: one.bandwidth_bytes_per_s,
      cpuNs: one.cpu_ns_per_io,
      reach: reachOf(one.stale_max_ns),
    })),
  }));
}

/** One for each machine. */
export function comparisonAnswers(comparisons: readonly PolicyComparison[]): string[] {
  return comparisons.map((c) => `${c.preset}, reads: ${answerText(roundsOf(c), OF_IO)}`);
}

export function summaryTables(comparisons: readonly PolicyComparison[]): TablePart[] {
  return [bestTable(comparisons), reachTable(comparisons)];
}

function bestTable(comparisons: readonly PolicyComparison[]): TablePart {
  return {
    numbersFrom: 5,
    keys: 3,
    stackedHeads: true,
    title: `Reads: the policy with the least CPU time per I/O, and with the most throughput (named together: ${ALIKE_TEXT})`,
    head: ['preset', 'base', 'bs', 'least CPU', 'most throughput', 'CPU µs', 'MB/s'],
    rows: comparisons.flatMap((c) =>
      firstRows(c).map(({ bs, sides }) => {
        const cheap = bestOf(sides, ({ cpu_ns_per_io }) => cpu_ns_per_io, 'least');
        const fast = bestOf(sides, (one) => one.bandwidth_bytes_per_s, 'most');
        return [
          c.preset,
          c.base,
          blockSize(bs),
          namesOf(cheap.items),
          fast.items.length === sides.length ? 'all' : namesOf(fast.items),
          micros(cheap.best),
          megabytes(fast.best),
        ];
      }),
    ),
  };
}

function namesOf(sides: readonly ComparedSide[]): string {
  return sides.map(({ policy }) => policy).join(', ');
}

function reachTable(comparisons: readonly PolicyComparison[]): TablePart {
  return {
    numbersFrom: 3,
    stackedHeads: true,
    title:
      'Reads: how long the device can still reach a page after its unmap, how long old data in a bounce buffer, and bounce memory; the most of all block sizes',
    head: [
      ...['preset', 'base', 'policy', 'page, mean', 'page, max', 'page, max with idle'],
      ...['old data, max', 'bounce MiB, peak'],
    ],
    rows: comparisons.flatMap((c) =>
      c.policies.map((name) => {
        const sides = firstRows(c).flatMap((row) =>
          row.sides.filter(({ policy }) => policy === name),
        );
        /** Null, a page that is always reachable, is more than any time. */
        const most = (figure: (side: ComparedSide) => number | null): number | null =>
          sides.map(figure).reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), 0);
        return [
          c.preset,
          c.base,
          name,
          stale(most((one) => one.stale_busy_mean_ns)),
          stale(most((one) => one.stale_busy_max_ns)),
          stale(most((one) => one.stale_max_ns)),
          time(most((one) => one.stale_contents_max_ns) ?? 0),
          ((most((one) => one.peak_bounce_bytes) ?? 0) / 2 ** 20).toFixed(2),
        ];
      }),
    ),
  };
}
