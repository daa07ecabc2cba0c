// SPDX-License-Identifier: GPL-2.0-only
// An experiment as tables for a terminal.

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
import { type Part, type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';
import { cell, list } from './capture-words';
import { fioAnswer } from './fio-answer';
import { heading, notesOf, runName, timeGroupsOf, timeIn } from './fio-figures';

export function fioTables(document: FioDocument, screen?: Screen): string {
  return partsText(fioParts(document), screen);
}

/** The answer first, then what it rests on. */
function fioParts(document: FioDocument): Part[] {
  const { runs, comparison } = document;
  const names = namesOf(runs);
  return [
    fioAnswer(document),
    heading(document),
    runTable(runs, names),
    timeTable(runs, names),
    ...(runs.some(contended) ? [lockTable(runs, names)] : []),
    ...(comparison.length > 0 ? [comparisonTable(comparison)] : []),
    ...notesOf(document).map((note) => `Note: ${note}`),
  ];
}

/** Columns that name a run: those in which the runs differ, and always the policy and the size. */
interface Names {
  readonly head: readonly string[];
  readonly of: (run: FioRun) => string[];
}

function namesOf(runs: readonly FioRun[]): Names {
  const differ = (of: (run: FioRun) => string): boolean => new Set(runs.map(of)).size > 1;
  // A name that says no more than direction and size needs no column.
  const hasJobs =
    differ(jobsOf) && runs.some((run) => jobsOf(run) !== `${run.rw}-${blockSize(run.bs)}`);
  const hasRw = differ(({ rw }) => rw);
  return {
    head: [...(hasJobs ? ['job'] : []), 'policy', ...(hasRw ? ['rw'] : []), 'bs'],
    of: (run) => [
      ...(hasJobs ? [jobsOf(run)] : []),
      runName(run),
      ...(hasRw ? [run.rw] : []),
      blockSize(run.bs),
    ],
  };
}

/** The jobs that ran beside each other. */
function jobsOf({ jobs }: FioRun): string {
  return list(jobs.map(cell), 3);
}

function runTable(runs: readonly FioRun[], names: Names): TablePart {
  return {
    title: 'Throughput and cost: map and unmap in µs per I/O, IOMMU requests per I/O',
    head: [
      ...names.head,
      ...['IOPS', 'MB/s', 'map\nµs', 'unmap\nµs', 'IOMMU\nreq'],
      ...['bounce\npeak', 'stale\nmax', 'latency\np99'],
    ],
    rows: runs.map((run) => [
      ...names.of(run),
      count(Math.round(run.iops)),
      megabytes(run.bandwidth_bytes_per_s),
      micros(run.map_ns_per_gb / (1e9 / run.bs)),
      micros(run.unmap_ns_per_gb / (1e9 / run.bs)),
      (run.iommu_requests / run.ios).toFixed(2),
      memory(run.peak_bounce_bytes),
      stale(run.stale_busy_max_ns),
      time(run.latency_ns.p99),
    ]),
    numbersFrom: names.head.length,
  };
}

function timeTable(runs: readonly FioRun[], names: Names): TablePart {
  const groups = timeGroupsOf(runs);
  return {
    title: 'Where CPU time goes, µs per I/O',
    head: [...names.head, 'total', ...groups.map(([name]) => name), 'CPUs\nbusy'],
    rows: runs.map((run) => [
      ...names.of(run),
      micros(run.cpu_ns_per_io.total),
      ...groups.map(([, causes]) => micros(timeIn(run, causes))),
      run.cpus_busy.toFixed(2),
    ]),
    numbersFrom: names.head.length,
  };
}

/** Waiting below a thousandth of the time is no contention. */
function contended(run: FioRun): boolean {
  return run.locks.some((lock) => lock.wait_ns > run.elapsed_ns / 1000);
}

function lockTable(runs: readonly FioRun[], names: Names): TablePart {
  return {
    title: 'Contended locks',
    head: [...names.head, 'lock', 'acquired', 'contended', 'mean wait', 'held'],
    rows: runs
      .filter(contended)
      .flatMap((run) =>
        run.locks
          .filter(({ waits }) => waits > 0)
          .map((lock) => [
            ...names.of(run),
            lock.name,
            count(lock.taken),
            percent(lock.waits / lock.taken),
            time(lock.wait_ns / lock.waits),
            percent(lock.held_ns / run.elapsed_ns),
          ]),
      ),
    numbersFrom: names.head.length + 1,
  };
}

/** The same for all sizes, and no column of its own. */
function mapClaim([row]: readonly FioComparison[]): string {
  const published = row?.map_reduction_published ?? null;
  return published === null ? '' : ` (cover letter, map: > ${percent(published, 0)} less)`;
}

/** What the cover letter does not have gets no column for its figures. */
function comparisonTable(rows: readonly FioComparison[]): TablePart {
  const isPublished = rows.some((row) => row.speedup_published !== null);
  const predicted = rows.some((row) => row.predicted_from_two !== null);
  const published = <T>(...columns: readonly T[]): readonly T[] => (isPublished ? columns : []);
  const head = [
    'bs',
    'speed-up',
    ...published('published', 'diff'),
    ...(predicted ? ['predicted'] : []),
  ];
  const more = [
    'unmap\n%',
    ...published('published\n%', 'diff'),
    ...(predicted ? ['predicted\n%'] : []),
  ];
  return {
    title: `Reads, pool / strict: speed-up, change of time in unmap and map${mapClaim(rows)}`,
    head: [...head, ...more, 'map\n%'],
    rows: rows.map((row) => [
      blockSize(row.bs),
      row.speedup.toFixed(2),
      ...published(
        row.speedup_published === null ? '' : row.speedup_published.toFixed(1),
        diff(row.speedup, row.speedup_published, 2),
      ),
      ...(predicted ? [interval(row.predicted_from_two?.speedup, (x) => x.toFixed(1))] : []),
      less(row.unmap_reduction),
      ...published(
        row.unmap_reduction_published === null ? '' : less(row.unmap_reduction_published, 0),
        diff(row.unmap_reduction, row.unmap_reduction_published, 1, 100),
      ),
      ...(predicted
        ? [interval(row.predicted_from_two?.unmap_reduction, (x) => `-${(100 * x).toFixed(0)}`)]
        : []),
      less(row.map_reduction),
    ]),
    numbersFrom: 1,
    cuts: [head.length, head.length + more.length],
  };
}

function diff(value: number, published: number | null, digits: number, scale = 1): string {
  return published === null ? '' : signed(scale * (value - published), digits);
}

function less(reduction: number, digits = 1): string {
  return (-100 * reduction).toFixed(digits);
}
