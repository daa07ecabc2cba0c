// SPDX-License-Identifier: GPL-2.0-only
// Sweeps that were never run: the points of a spec, with figures of a test's own.

import type { SweptSpec } from '../../src/reports/sweep';
import { type SweepResults, readSweep } from '../../src/reports/sweep/read';
import { Shown } from '../../src/reports/sweep/model/shown';
import type { SweepData } from '../../src/reports/sweep/data';
import { type Column, parsePath } from '../../src/sweep/columns';

export interface SampleAxis {
  readonly name: string;
  readonly kind?: 'number' | 'string' | 'boolean';
  readonly values: readonly (string | number | boolean | null)[];
}

export interface SampleColumn {
  readonly name: string;
  readonly path?: string;
  readonly kind?: 'number' | 'string' | 'boolean';
  /** Of a row, by its values of the axes. */
  readonly value: (row: Readonly<Record<string, unknown>>, point: number) => unknown;
}

export interface Sample {
  readonly axes: readonly SampleAxis[];
  readonly columns: readonly SampleColumn[];
  /** Numbers of points that failed, with their errors. */
  readonly failed?: ReadonlyMap<number, string>;
  readonly status?: (point: number) => number;
  readonly words?: (row: Readonly<Record<string, unknown>>) => readonly string[];
}

/** All points of the axes, the first one slowest. */
export function rowsOf(sample: Sample): Record<string, unknown>[] {
  const size = sample.axes.reduce((n, { values }) => n * values.length, 1);
  return Array.from({ length: size }, (_, point) => {
    const row: Record<string, unknown> = {
      ...{ point, hash: 'x' },
      status: sample.status?.(point) ?? 0,
    };
    let rest = point;
    for (const { name, values } of [...sample.axes].reverse()) {
      row[name] = values[rest % values.length];
      rest = Math.floor(rest / values.length);
    }
    for (const { name, value } of sample.columns) row[name] = value(row, point);
    return row;
  });
}

/** An option for each axis that is not null. */
export function wordsOf(sample: Sample, row: Readonly<Record<string, unknown>>): string[] {
  const options = sample.axes.flatMap(({ name }) =>
    row[name] === null ? [] : [`--${name}`, String(row[name] as string | number | boolean)],
  );
  return ['iommu-bounce', 'fio', ...(sample.words?.(row) ?? []), ...options];
}

export function resultsOf(sample: Sample): SweepResults {
  const rows = rowsOf(sample);
  const kept = rows.filter(({ point }) => !sample.failed?.has(Number(point)));
  return {
    axes: sample.axes.map(({ name }) => name),
    axisKinds: sample.axes.map(({ kind = 'string' }) => kind),
    columns: sample.columns.map(({ name, path = name, kind = 'number' }): Column => ({
      ...{ name, kind, steps: parsePath(path) },
    })),
    count: kept.length,
    rows: () => kept,
    words: () => (point) => wordsOf(sample, rows[point] ?? {}),
  };
}

export function dataOf(sample: Sample, most?: number): SweepData {
  // What a page has went through JSON.
  return JSON.parse(JSON.stringify(readSweep(resultsOf(sample), most))) as SweepData;
}

export function shownOf(sample: Sample, most?: number): Shown {
  return new Shown(dataOf(sample, most));
}

export function sweptOf(sample: Sample, more: Partial<SweptSpec> = {}): SweptSpec {
  const rows = rowsOf(sample);
  return {
    ...resultsOf(sample),
    ...{ file: 'some/sample.yaml', text: 'verb: fio\n', sha256: 'abc', verb: 'fio', seed: 1 },
    inputs: [],
    failures: () =>
      [...(sample.failed ?? [])].map(([point, error]) => ({
        ...{ point, error },
        command: wordsOf(sample, rows[point] ?? {}).join(' '),
      })),
    ...more,
  };
}

/** Numbers that look random and are the same each time, 0 to below 1. */
export function noise(i: number): number {
  return ((Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32 + Math.sin(i) + 1) % 1;
}

/** Policies by sizes, reads and writes, three seeds. */
export const POLICIES: Sample = {
  axes: [
    { name: 'policy', values: ['none', 'strict', 'pool'] },
    { name: 'bs', values: ['4k', '64k', '1m'] },
    { name: 'rw', values: ['read', 'write'] },
    { name: 'seed', kind: 'number', values: [1, 2, 3] },
  ],
  columns: [
    {
      ...{ name: 'bandwidth', path: 'runs[0].bandwidth_bytes_per_s' },
      value: (_, point) => Math.round(1e9 * (1 + noise(point))),
    },
    {
      ...{ name: 'memory', path: 'runs[0].peak_bounce_bytes' },
      value: ({ policy }, point) => (policy === 'pool' ? 4096 * (1 + (point % 7)) : 0),
    },
    { name: 'moved', kind: 'boolean', value: ({ rw }) => rw === 'read' },
    { name: 'why', kind: 'string', value: ({ bs }) => (bs === '1m' ? null : `size ${String(bs)}`) },
  ],
};
