// SPDX-License-Identifier: GPL-2.0-only
// What a sweep takes beside its points: the coordinator's own time, and what a second thread brings.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../sweep/engine';
import { newManifest } from '../sweep/manifest';
import { LocalPool } from '../sweep/pool';
import { Results } from '../sweep/results';
import { sweep } from '../sweep/run';
import { type Spec, readSpec } from '../sweep/spec';
import type { Verb } from '../sweep/verbs';

export interface SweepRates {
  readonly points: number;
  /** The coordinator's CPU time for a point, Parquet included. */
  readonly coordinator_us_per_point: number;
  /** The same of a core, where points take 10 ms. */
  readonly coordinator_share: number;
  /** Bytes of heap after a tenth of the points, and after all. */
  readonly heap_early: number;
  readonly heap_late: number;
  /** Rate of two threads against that of one, in one run. */
  readonly two_jobs_to_one: number;
}

const POINT_US = 10_000;
/** Points of simulation for each thread count. */
const SIMULATED = 60;

/** @param points how many the coordinator writes */
export async function sweepRates(points: number): Promise<SweepRates> {
  const [early, late] = [Math.ceil(points / 10), points];
  let [heapEarly, heapLate] = [0, 0];
  const empty: Engine = {
    depth: 4,
    run: () => Promise.resolve({ row: { status: 0, values: [1.5] } }),
    close: () => Promise.resolve(),
  };
  const before = process.cpuUsage();
  await run(await specOf(late, 1), empty, (added) => {
    if (added === early) heapEarly = process.memoryUsage().heapUsed;
    if (added === late) heapLate = process.memoryUsage().heapUsed;
  });
  const { user, system } = process.cpuUsage(before);
  const perPoint = (user + system) / late;

  const simulated = await specOf(SIMULATED, 20_000);
  const [one, two] = [await timed(simulated, 1), await timed(simulated, 2)];
  return {
    points,
    coordinator_us_per_point: perPoint,
    coordinator_share: perPoint / POINT_US,
    heap_early: heapEarly,
    heap_late: heapLate,
    two_jobs_to_one: one / two,
  };
}

async function timed(spec: Spec, jobs: number): Promise<number> {
  const pool = await LocalPool.start(jobs);
  try {
    // Threads load the command and compile it first.
    const { value } = spec.points.from().next() as { value: { args: readonly string[] } };
    const first = { hash: '', args: value.args, columns: spec.columns };
    await Promise.all(Array.from({ length: jobs * 4 }, () => pool.run(first)));
    const begin = performance.now();
    await run(spec, pool, () => undefined);
    return performance.now() - begin;
  } finally {
    await pool.close();
  }
}

async function run(spec: Spec, engine: Engine, progress: (added: number) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
  try {
    const results = Results.open(spec, await newManifest(spec), folder, {
      resume: false,
      warn: () => undefined,
    });
    const { points, columns } = spec;
    await sweep({
      ...{ points, columns, engine, from: 0, progress },
      add: (point, outcome) => {
        results.add(point, outcome);
      },
    });
    await results.finish();
    results.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function specOf(points: number, ios: number): Promise<Spec> {
  const text = `verb: fio
args: [--no-data, --bs, 4k, --policy, pool, --number-ios, ${String(ios)}]
matrix: {seed: {from: 1, to: ${String(points)}, step: 1}}
columns: {iops: "runs[0].iops"}
`;
  const option = (
    flag: string,
    takesValue = true,
  ): [string, Verb['options'] extends ReadonlyMap<string, infer V> ? V : never] => [
    flag,
    { flag, takesValue, takesSetting: false },
  ];
  const options = new Map([
    ...['--bs', '--policy', '--number-ios', '--seed'].map((flag) => option(flag)),
    option('--no-data', false),
  ]);
  return readSpec('bench', text, (name) => ({ name, options }));
}
