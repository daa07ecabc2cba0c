// SPDX-License-Identifier: GPL-2.0-only
// The comparison in short: who is best at what, by machine and block size, and what each policy leaves to the device.

import type { ComparedSide, PolicyComparison, WorkloadRow } from '@iommu-bounce/simulation';
import { blockSize, megabytes, micros, stale, time } from '../show/format';
import type { TablePart } from '../show/parts';

/** Policies that are named together: their figures differ by less. */
export const ALIKE = 0.01;

/** What is compared first: reads. */
export function firstRows(c: PolicyComparison): readonly WorkloadRow[] {
  return c.rows.filter(({ workload }) => workload === c.rows[0]?.workload);
}

/** The best and those that are like it. @param sign 1: the most is the best, -1: the least is */
export function bestOf(
  sides: readonly ComparedSide[],
  figure: (side: ComparedSide) => number,
  sign: 1 | -1,
): { readonly names: readonly string[]; readonly best: number } {
  const best = sides.map(figure).reduce((a, b) => (sign * (b - a) > 0 ? b : a));
  const names = sides
    .filter((one) => Math.abs(figure(one) / best - 1) <= ALIKE)
    .map(({ policy }) => policy);
  return { names, best };
}

export function summaryTables(comparisons: readonly PolicyComparison[]): TablePart[] {
  return [bestTable(comparisons), reachTable(comparisons)];
}

function bestTable(comparisons: readonly PolicyComparison[]): TablePart {
  return {
    numbersFrom: 5,
    keys: 3,
    stackedHeads: true,
    title: `Reads: the policy with the least CPU time per I/O, and with the most throughput (named together: within ${String(100 * ALIKE)} %)`,
    head: ['preset', 'base', 'bs', 'least CPU', 'most throughput', 'CPU µs', 'MB/s'],
    rows: comparisons.flatMap((c) =>
      firstRows(c).map(({ bs, sides }) => {
        const cheap = bestOf(sides, ({ cpu_ns_per_io }) => cpu_ns_per_io, -1);
        const fast = bestOf(sides, (one) => one.bandwidth_bytes_per_s, 1);
        return [
          c.preset,
          c.base,
          blockSize(bs),
          cheap.names.join(', '),
          fast.names.length === sides.length ? 'all' : fast.names.join(', '),
          micros(cheap.best),
          megabytes(fast.best),
        ];
      }),
    ),
  };
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
