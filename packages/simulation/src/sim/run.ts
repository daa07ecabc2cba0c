// SPDX-License-Identifier: GPL-2.0-only
// A whole run: the jobs on a machine, until they have enough; then eleven idle seconds, in which the pool is emptied.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { InputError } from '../errors';
import { type BufferLayout, type FioJob, bufferBytes, newRandom, unit, usedBlocks } from '../jobs';
import { Engine } from './engine';
import { IoSlot } from './io-slot';
import { type RunFigures, measure } from './measure';
import { JobRun } from './job-run';
import type { OccupancyCurve } from './occupancy';
import { type RequestLimits, USUAL_LIMITS, longestRequest } from './request-limits';
import { mostRequests } from './split';
import type { SimDevice, MachineNeeds } from './sim-device';

/**
 * How long nothing happens at the end of a run. The pool lets a buffer go after 10.38 s at the latest: 5 s and a bucket of the
 * timer wheel at 250 Hz, then 5.12 s.
 */
export const IDLE_NS = 11e9;
/** Events between two looks at the progress. */
const BATCH = 20_000;
/** What the memory of a simulated machine may be: it is one buffer. */
const MOST_FRAMES = (3.5 * 2 ** 30) / PAGE_SIZE;
/** For what else the machine allocates. */
const SPARE_PAGES = 512;
/** Sizes of the pool's buffers up to which a page is rounded: the smallest class that holds an I/O. */
const CLASSES = [1, 4, 32];
const LARGEST_CLASS = 32;

export interface RunOptions {
  readonly cpus: number;
  readonly seed: number;
  readonly moveData: boolean;
  readonly layout: BufferLayout;
  /** Default: those of Linux 5.14 and the recorded drive. */
  readonly limits?: RequestLimits;
  /** Told of I/Os completed, and of the share of its jobs that a run has done, 0 to 1. */
  readonly progress?: (completed: number, share: number) => void;
}

/** What a run leaves behind. */
export interface RunResult extends RunFigures {
  /** Requests to the IOMMU in the idle seconds after the last I/O: the pool is emptied, what is queued is flushed. */
  readonly requests_when_idle: whole_number;
  /** Bytes of bounce buffers from the first submission to the end of those seconds. */
  readonly bounce_with_idle: OccupancyCurve;
  /** The longest, in ns, that a device could reach a page after its unmap; null where it always reaches all memory. */
  readonly stale_max_ns: number | null;
  /** The same on average over all unmaps. */
  readonly stale_mean_ns: number | null;
  /** The longest of the pages that were out of its reach again by the last completion: while there was traffic. */
  readonly stale_busy_max_ns: number | null;
  /** The same on average. */
  readonly stale_busy_mean_ns: number | null;
  /** The longest, in ns, that it could read what was in a bounce buffer after its unmap; 0 without such buffers. */
  readonly stale_contents_max_ns: number;
  /** What was found in the moved bytes; null: not moved. */
  readonly data: {
    /** Pages whose bytes were looked at. */
    readonly pages_checked: whole_number;
    /** Of these, pages with wrong bytes. */
    readonly pages_wrong: whole_number;
    /** Accesses without translation. */
    readonly faults: whole_number;
  } | null;
  /** What the machine still holds at the end: nothing, unless the simulation is wrong. */
  readonly leaks: readonly string[];
}

/**
 * What the machine needs for these jobs.
 * @throws InputError for more memory than can be simulated
 */
export function needsOf(
  jobs: readonly FioJob[],
  cpus: number,
  layout: BufferLayout,
  limits: RequestLimits = USUAL_LIMITS,
): MachineNeeds {
  let bufferFrames = 0;
  let bounce = 0;
  for (const job of jobs) {
    const pages = Math.ceil(bufferBytes(job) / PAGE_SIZE);
    const requests = mostRequests(pages, limits, longestRequest(limits));
    bufferFrames += job.numjobs * layout.framesNeeded(job.iodepth, bufferBytes(job));
    // Of an I/O that is split, any request may be small enough for the largest class.
    const pooled =
      requests > 1 ? requests * LARGEST_CLASS : (CLASSES.find((size) => pages <= size) ?? 0);
    bounce += job.iodepth * job.numjobs * pooled;
  }
  // Reads and writes have bounce buffers of their own.
  const needs = { cpus, bufferFrames, bouncePages: 2 * bounce + SPARE_PAGES };
  if (needs.bufferFrames + needs.bouncePages > MOST_FRAMES)
    throw new InputError(
      `the jobs' buffers, and as many to bounce through, take ${mib(needs.bufferFrames + needs.bouncePages)} MiB of memory, expected at most ${mib(MOST_FRAMES)} MiB; use a smaller iodepth, numjobs or bs`,
    );
  return needs;
}

function mib(frames: number): string {
  return String(Math.ceil((frames * PAGE_SIZE) / 2 ** 20));
}

/** @throws InputError for an I/O that the policy cannot map */
export function simulate(
  device: SimDevice,
  jobs: readonly FioJob[],
  needs: MachineNeeds,
  options: RunOptions,
): RunResult {
  const runs = placeJobs(device, jobs, needs, options);
  device.mm.moves = options.moveData;
  device.meter.reset();
  const engine = new Engine(device, options.cpus, runs, options.moveData);
  while (engine.run(BATCH)) options.progress?.(engine.io.completed, shareDone(engine));

  const figures = measure(engine, device);
  const { stale } = device.meter;
  const busy = { max: stale.longest, mean: stale.meanGone() };
  engine.idle(IDLE_NS);
  const { map, unmap } = device.requests();
  const {
    data,
    seen: { ages, bounce },
  } = engine.io;
  return {
    ...figures,
    requests_when_idle: map + unmap - figures.iommu_requests,
    bounce_with_idle: bounce.curve(device.meter.ledger.now),
    stale_max_ns: device.translated ? stale.longest : null,
    stale_mean_ns: device.translated ? stale.mean() : null,
    stale_busy_max_ns: device.translated ? busy.max : null,
    stale_busy_mean_ns: device.translated ? busy.mean : null,
    stale_contents_max_ns: ages.longest,
    data: data && { pages_checked: data.pages, pages_wrong: data.wrong, faults: data.faults },
    leaks: device.shutDown(),
  };
}

function shareDone({ jobs, order }: Engine): number {
  return jobs.reduce((sum, { plan }) => sum + plan.shareDone(order.now), 0) / jobs.length;
}

function placeJobs(
  device: SimDevice,
  jobs: readonly FioJob[],
  needs: MachineNeeds,
  options: RunOptions,
): JobRun[] {
  const runs: JobRun[] = [];
  let firstPfn = device.k.reserved_pfn;
  const end = firstPfn + needs.bufferFrames;
  for (const job of jobs) {
    const odd = usedBlocks(job).find(
      ({ bytes }) => bytes > device.longestBounce && bytes % PAGE_SIZE !== 0,
    );
    if (odd !== undefined)
      throw new InputError(
        `${job.name}: bs=${String(odd.bytes)}: expected whole pages of ${String(PAGE_SIZE)} bytes above ${String(device.longestBounce)}, the largest part that can be bounced`,
      );
    for (let clone = 0; clone < job.numjobs; clone++) {
      const run = new JobRun(job, (job.seed ?? options.seed) + runs.length);
      const bytes = bufferBytes(job);
      const frames = options.layout.framesNeeded(job.iodepth, bytes);
      const buffers = options.layout.buffers(job.iodepth, bytes, { firstPfn, frames });
      firstPfn += frames;
      // The first place is taken first.
      for (const pfns of buffers.reverse())
        run.free.push(new IoSlot(run, pfns, device, options.limits));
      runs.push(run);
    }
  }
  if (firstPfn > end) throw new Error('the buffers do not fit their memory');
  beginLater(runs, options.seed);
  return runs;
}

/** Jobs with startdelay or wait_for. The run begins with its first job: before that nothing happens. */
function beginLater(runs: readonly JobRun[], seed: number): void {
  const delays = runs.map(({ job: { startDelayNs, seed: own } }, i) => {
    const [least, most] = startDelayNs;
    return least === most ? least : least + unit(newRandom((own ?? seed) + i)) * (most - least);
  });
  const first = Math.min(...delays);
  for (const [i, run] of runs.entries()) {
    const after = runs.filter(({ job }) => job.name === run.job.waitFor);
    const at = (delays[i] as number) - first;
    if (at > 0 || after.length > 0) run.beginAfter(at, after);
  }
}
