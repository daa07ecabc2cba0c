// SPDX-License-Identifier: GPL-2.0-only
// A whole run: the jobs on a machine, until they have enough; then ten idle seconds, in which the pool is emptied.

import { UsageError } from '../errors';
import type { BufferLayout, FioJob } from '../jobs';
import { Engine } from './engine';
import { IoSlot } from './io-slot';
import { JobRun, largestIo } from './job-run';
import type { Rig, RigNeeds } from './rig';

const PAGE = 4096;
/** The pool lets a buffer go after two of its periods of 5 s at the latest, and a tick. */
const IDLE_NS = 11e9;
/** Events between two looks at the progress. */
const BATCH = 20_000;
/** What the memory of a simulated machine may be: it is one buffer. */
const MOST_FRAMES = (4 * 2 ** 30) / PAGE;
/** Sizes of the pool's buffers up to which a page is rounded: the smallest class that holds an I/O. */
const CLASSES = [1, 4, 32];

export interface RunOptions {
  readonly cpus: number;
  readonly seed: number;
  readonly moveData: boolean;
  readonly layout: BufferLayout;
  /** Told of I/Os completed. */
  readonly progress?: (completed: number) => void;
}

/** What a run leaves behind, for a result to be made of. */
export interface Finished {
  readonly engine: Engine;
  readonly rig: Rig;
  /** What was counted and charged until the last I/O was complete; the eviction after it is not in it. */
  readonly requests: { readonly map: number; readonly unmap: number };
  /** Requests of the idle time. */
  readonly evictions: number;
  readonly leaks: readonly string[];
}

/**
 * What the machine needs for these jobs.
 * @throws UsageError for more memory than can be simulated
 */
export function needsOf(jobs: readonly FioJob[], cpus: number): RigNeeds {
  let buffers = 0;
  let bounce = 0;
  for (const job of jobs) {
    const pages = Math.ceil(largestIo(job) / PAGE);
    const places = job.iodepth * job.numjobs;
    buffers += places * pages;
    bounce += places * (CLASSES.find((size) => pages <= size) ?? 0);
  }
  // Room to scatter the buffers in; both directions have bounce buffers of their own.
  const needs = { cpus, bufferFrames: 4 * buffers + 4096, bouncePages: 2 * bounce + 4096 };
  if (needs.bufferFrames + needs.bouncePages > MOST_FRAMES)
    throw new UsageError(
      `the jobs' buffers need ${String(Math.ceil((buffers * PAGE) / 2 ** 20))} MiB, expected at most ${String(MOST_FRAMES / 4 / 256 / 2)} MiB; use a smaller iodepth, numjobs or bs`,
    );
  return needs;
}

/** @throws UsageError for an I/O that the policy cannot map */
export function simulate(
  rig: Rig,
  jobs: readonly FioJob[],
  needs: RigNeeds,
  options: RunOptions,
): Finished {
  const runs = placeJobs(rig, jobs, needs, options);
  rig.mm.moves = options.moveData;
  const engine = new Engine(rig, options.cpus, runs, options.moveData);
  while (engine.run(BATCH)) options.progress?.(engine.completed);

  const requests = rig.requests();
  const curveEnd = engine.endedAt;
  engine.bounce.mean(curveEnd);
  return { engine, rig, requests, ...afterwards(engine, rig, requests.map + requests.unmap) };
}

function afterwards(
  engine: Engine,
  rig: Rig,
  before: number,
): { readonly evictions: number; readonly leaks: readonly string[] } {
  engine.idle(IDLE_NS);
  const { map, unmap } = rig.requests();
  return { evictions: map + unmap - before, leaks: rig.shutDown() };
}

function placeJobs(
  rig: Rig,
  jobs: readonly FioJob[],
  needs: RigNeeds,
  options: RunOptions,
): JobRun[] {
  const runs: JobRun[] = [];
  let firstPfn = rig.k.reserved_pfn;
  const total = jobs.reduce((sum, job) => sum + placesOf(job) * pagesOf(job), 0);
  for (const job of jobs) {
    const bytes = largestIo(job);
    if (bytes > rig.longestMapping)
      throw new UsageError(
        `${job.name}: bs=${String(bytes)}: expected at most ${String(rig.longestMapping)} bytes, the longest that can be mapped at once`,
      );
    const share = Math.floor((needs.bufferFrames * placesOf(job) * pagesOf(job)) / total);
    const buffers = options.layout.buffers(placesOf(job), bytes, { firstPfn, frames: share });
    firstPfn += share;
    for (let clone = 0; clone < job.numjobs; clone++) {
      const run = new JobRun(job, options.seed + runs.length);
      // The first place is taken first.
      for (let i = job.iodepth - 1; i >= 0; i--)
        run.free.push(new IoSlot(run, buffers[clone * job.iodepth + i] as Float64Array, rig));
      runs.push(run);
    }
  }
  return runs;
}

function placesOf(job: FioJob): number {
  return job.iodepth * job.numjobs;
}

function pagesOf(job: FioJob): number {
  return Math.ceil(largestIo(job) / PAGE);
}
