// SPDX-License-Identifier: GPL-2.0-only
// An experiment as tables for a terminal of 100 columns.

import type { FioComparison, FioDocument, FioRun } from '@iommu-bounce/simulation';
import {
  blockSize,
  count,
  interval,
  megabytes,
  memory,
  micros,
  percent,
  signed,
  stale,
  time,
} from '../show/format';
import { table } from '../show/table';
import { wrapped } from '../show/text';
import { heading, notesOf, runName, timeGroupsOf, timeIn } from './fio-figures';

export function fioTables(document: FioDocument): string {
  const { runs, comparison } = document;
  const parts = [
    wrapped(heading(document)),
    `Throughput and cost: map and unmap in µs per I/O, IOMMU requests per I/O\n${runTable(runs)}`,
    `Where CPU time goes, µs per I/O\n${timeTable(runs)}`,
    ...(runs.some(contended) ? [`Contended locks\n${lockTable(runs)}`] : []),
    ...(comparison.length > 0
      ? [
          `Reads, pool / strict: speed-up, change of time in unmap and map${mapClaim(comparison)}\n${comparisonTable(comparison)}`,
        ]
      : []),
    ...notesOf(document).map((note) => wrapped(`Note: ${note}`)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function runTable(runs: readonly FioRun[]): string {
  return table(
    [
      ...['policy', 'bs', 'IOPS', 'MB/s', 'map\nµs', 'unmap\nµs', 'IOMMU\nreq'],
      ...['bounce\npeak', 'stale\nmax', 'latency\np99'],
    ],
    runs.map((run) => [
      runName(run),
      blockSize(run.bs),
      count(Math.round(run.iops)),
      megabytes(run.bandwidth_bytes_per_s),
      micros(run.map_ns_per_gb / (1e9 / run.bs)),
      micros(run.unmap_ns_per_gb / (1e9 / run.bs)),
      (run.iommu_requests / run.ios).toFixed(2),
      memory(run.peak_bounce_bytes),
      stale(run.stale_busy_max_ns),
      time(run.latency_ns.p99),
    ]),
    { numbersFrom: 2 },
  );
}

function timeTable(runs: readonly FioRun[]): string {
  const shown = timeGroupsOf(runs);
  return table(
    ['policy', 'bs', 'total', ...shown.map(([name]) => name), 'CPUs\nbusy'],
    runs.map((run) => [
      runName(run),
      blockSize(run.bs),
      micros(run.cpu_ns_per_io.total),
      ...shown.map(([, causes]) => micros(timeIn(run, causes))),
      run.cpus_busy.toFixed(2),
    ]),
    { numbersFrom: 2 },
  );
}

/** Waiting below a thousandth of the time is no contention. */
function contended(run: FioRun): boolean {
  return run.locks.some((lock) => lock.wait_ns > run.elapsed_ns / 1000);
}

function lockTable(runs: readonly FioRun[]): string {
  return table(
    ['policy', 'bs', 'lock', 'acquired', 'contended', 'mean wait', 'held'],
    runs
      .filter(contended)
      .flatMap((run) =>
        run.locks
          .filter(({ waits }) => waits > 0)
          .map((lock) => [
            runName(run),
            blockSize(run.bs),
            lock.name,
            count(lock.taken),
            percent(lock.waits / lock.taken),
            time(lock.wait_ns / lock.waits),
            percent(lock.held_ns / run.elapsed_ns),
          ]),
      ),
    { numbersFrom: 3 },
  );
}

/** The same for all sizes, and no column of its own. */
function mapClaim([row]: readonly FioComparison[]): string {
  const published = row?.map_reduction_published ?? null;
  return published === null ? '' : ` (cover letter, map: > ${percent(published, 0)} less)`;
}

function comparisonTable(rows: readonly FioComparison[]): string {
  const predicted = rows.some((row) => row.predicted_from_two !== null);
  return table(
    [
      'bs',
      'speed-up',
      'published',
      'diff',
      ...(predicted ? ['predicted'] : []),
      'unmap\n%',
      'published\n%',
      'diff',
      ...(predicted ? ['predicted\n%'] : []),
      'map\n%',
    ],
    rows.map((row) => [
      blockSize(row.bs),
      row.speedup.toFixed(2),
      row.speedup_published === null ? '' : row.speedup_published.toFixed(1),
      diff(row.speedup, row.speedup_published, 2),
      ...(predicted ? [interval(row.predicted_from_two?.speedup, (x) => x.toFixed(1))] : []),
      less(row.unmap_reduction),
      row.unmap_reduction_published === null ? '' : less(row.unmap_reduction_published, 0),
      diff(row.unmap_reduction, row.unmap_reduction_published, 1, 100),
      ...(predicted
        ? [interval(row.predicted_from_two?.unmap_reduction, (x) => `-${(100 * x).toFixed(0)}`)]
        : []),
      less(row.map_reduction),
    ]),
    { numbersFrom: 1 },
  );
}

function diff(value: number, published: number | null, digits: number, scale = 1): string {
  return published === null ? '' : signed(scale * (value - published), digits);
}

function less(reduction: number, digits = 1): string {
  return (-100 * reduction).toFixed(digits);
}
