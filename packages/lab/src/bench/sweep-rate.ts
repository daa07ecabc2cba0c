// SPDX-License-Identifier: GPL-2.0-only
// What a sweep takes beside its points: the coordinator's own time and memory, what a second thread brings beside a second
// process, and what a queue takes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Engine } from '../sweep/engine';
import { newManifest } from '../sweep/manifest';
import { LocalPool } from '../sweep/pool';
import { Results } from '../sweep/results';
import { sweep } from '../sweep/run';
import { type Spec, readSpec } from '../sweep/spec';
import type { Verb } from '../sweep/verbs';
import { Processes } from './processes';
import { startedQueue } from './redis-queue';

/** The coordinator's memory, in bytes. */
export interface SweepMemory {
  readonly points: number;
  /** Used at the last row, after a collection. */
  readonly heap: number;
  /** Of the process so far, Parquet included. */
  readonly peak: number;
}

export interface CoordinatorRates {
  readonly points: number;
  /** The coordinator's CPU time for a point, Parquet included. Points are synthetic: they take nothing. */
  readonly coordinator_us_per_point: number;
  /** The same of a core, where points take 10 ms. */
  readonly coordinator_share: number;
  /** In their order: few points, all points, and all points once more with --resume. */
  readonly memory: readonly SweepMemory[];
}

export interface EngineRates {
  /** Rate of two threads against that of one, in one run. */
  readonly two_jobs_to_one: number;
  /** The same of processes, which share nothing: what the machine gains by a second core. */
  readonly two_processes_to_one: number;
  /** Rate of two workers on Redis against that of two threads; null without redis-server. */
  readonly redis_to_local: number | null;
}

export type SweepRates = CoordinatorRates & EngineRates;

const POINT_US = 10_000;
const FEW = 1000;
/** Points of simulation for each engine in a round: some seconds, so that the wait for the last one is little. */
const SIMULATED = 60;
const IOS = 20_000;
/** In turn, so that other work on the machine meets all alike; the best of each counts. */
const ROUNDS = 3;

/** @param points how many the coordinator writes */
export async function sweepRates(points: number): Promise<SweepRates> {
  return { ...(await coordinatorRates(points)), ...(await engineRates()) };
}

/** @param points how many the coordinator writes */
export async function coordinatorRates(points: number): Promise<CoordinatorRates> {
  const few = await inFolder(async (folder) => written(await specOf(FEW, 1), folder, false));
  return inFolder(async (folder) => {
    const spec = await specOf(points, 1);
    const before = process.cpuUsage();
    const all = await written(spec, folder, false);
    const { user, system } = process.cpuUsage(before);
    const perPoint = (user + system) / points;
    return {
      points,
      coordinator_us_per_point: perPoint,
      coordinator_share: perPoint / POINT_US,
      memory: [few, all, await written(spec, folder, true)],
    };
  });
}

/** Writes rows that cost nothing, or reads those that are there. */
async function written(spec: Spec, folder: string, resume: boolean): Promise<SweepMemory> {
  const none: Engine = {
    depth: 4,
    run: () => Promise.resolve({ row: { status: 0, values: [1.5] } }),
    close: () => Promise.resolve(),
  };
  const results = await run(spec, none, folder, resume);
  const heap = heapUsed();
  results.close();
  return { points: results.rows, heap, peak: process.resourceUsage().maxRSS * 1024 };
}

async function engineRates(): Promise<EngineRates> {
  const spec = await specOf(SIMULATED, IOS);
  const [one, two] = [await LocalPool.start(1), await LocalPool.start(2)];
  const queue = await startedQueue(2);
  const processes = [new Processes(1), new Processes(2)];
  const engines = [one, two, ...processes, ...(queue ? [queue.engine] : [])];
  const least = engines.map(() => Infinity);
  try {
    // Threads load the command and compile it first.
    for (const engine of engines) await timed(await specOf(8, IOS), engine);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, engine] of engines.entries())
        least[i] = Math.min(least[i] ?? Infinity, await timed(spec, engine));
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
    queue?.stop();
  }
  const [ofOne = 1, ofTwo = 1, ofProcess = 1, ofProcesses = 1, ofQueue] = least;
  return {
    two_jobs_to_one: ofOne / ofTwo,
    two_processes_to_one: ofProcess / ofProcesses,
    redis_to_local: ofQueue === undefined ? null : ofTwo / ofQueue,
  };
}

function timed(spec: Spec, engine: Engine): Promise<number> {
  return inFolder(async (folder) => {
    const begin = performance.now();
    (await run(spec, engine, folder, false)).close();
    return performance.now() - begin;
  });
}

async function run(spec: Spec, engine: Engine, folder: string, resume: boolean): Promise<Results> {
  const results = Results.open(spec, await newManifest(spec), folder, {
    resume,
    warn: () => undefined,
  });
  const { points, columns } = spec;
  await sweep({
    ...{ points, columns, engine, from: results.next, progress: () => undefined },
    add: (point, outcome) => {
      results.add(point, outcome);
    },
  });
  await results.finish();
  return results;
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes, after a collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
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
