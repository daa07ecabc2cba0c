// SPDX-License-Identifier: GPL-2.0-only
// The comparison in short: who is best at what, by machine and block size, and what each policy leaves to the device.

import type { ComparedSide, PolicyComparison, WorkloadRow } from '@iommu-bounce/simulation';
import { blockSize, interval, megabytes, micros, stale, time } from '../show/format';
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
    numbersFrom: 4,
    stackedHeads: true,
    title: `Reads: the policy with the least CPU time per I/O, and with the most throughput (named together: within ${String(100 * ALIKE)} %)`,
    head: ['preset', 'bs', 'least CPU', 'most throughput', 'CPU µs', 'MB/s'],
    rows: comparisons.flatMap((c) =>
      firstRows(c).map(({ bs, sides }) => {
        const cheap = bestOf(sides, ({ cpu_ns_per_io }) => cpu_ns_per_io, -1);
        const fast = bestOf(sides, (one) => one.bandwidth_bytes_per_s, 1);
        return [
          c.preset,
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
    numbersFrom: 2,
    stackedHeads: true,
    title:
      'Reads of all block sizes: how long the device can still reach a page after its unmap, how long old data in a bounce buffer, and bounce memory',
    head: [
      ...['preset', 'policy', 'page, mean', 'page, max', 'page, max with idle'],
      ...['old data, max', 'bounce MiB, peak'],
    ],
    rows: comparisons.flatMap((c) =>
      c.policies.map((name) => {
        const sides = firstRows(c).flatMap(({ sides }) =>
          sides.filter(({ policy }) => policy === name),
        );
        const range = <T>(figure: (side: ComparedSide) => T, show: (x: T) => string): string =>
          rangeOf(sides.map(figure), show);
        return [
          c.preset,
          name,
          range((one) => one.stale_busy_mean_ns, stale),
          range((one) => one.stale_busy_max_ns, stale),
          range((one) => one.stale_max_ns, stale),
          range((one) => one.stale_contents_max_ns, time),
          range(
            (one) => one.peak_bounce_bytes,
            (x) => (x / 2 ** 20).toFixed(2),
          ),
        ];
      }),
    ),
  };
}

/** The least and the most, or one where both read alike. */
function rangeOf<T>(values: readonly T[], show: (x: T) => string): string {
  const sorted = [...values].sort((a, b) => Number(a) - Number(b));
  const [least, most] = [sorted[0], sorted.at(-1)] as [T, T];
  return show(least) === show(most) ? show(least) : interval([0, 1], (i) => show(i ? most : least));
}
