// SPDX-License-Identifier: GPL-2.0-only
// One fio job as the simulation needs it, and what can be asked of it.

export const READ_WRITE = ['read', 'write', 'randread', 'randwrite', 'rw', 'randrw'] as const;
export type ReadWrite = (typeof READ_WRITE)[number];

/** Bytes, and the share of I/Os that have this size: above 0, at most 1. */
export interface BlockSize {
  readonly bytes: number;
  readonly weight: number;
}

export interface FioJob {
  readonly name: string;
  readonly rw: ReadWrite;
  /** Percent of reads where both kinds are done, 0 to 100. Default 50. */
  readonly rwmixread: number;
  /** Sizes of reads and of writes; the weights of each list sum to 1. One entry without bssplit or bsrange. */
  readonly bs: { readonly read: readonly BlockSize[]; readonly write: readonly BlockSize[] };
  /** I/Os in flight for each of the jobs, from 1 on. */
  readonly iodepth: number;
  /** How many run this, from 1 on. */
  readonly numjobs: number;
  /** A job ends at the first of these that is set, or with its last pass. I/Os of each job, all passes together. */
  readonly numberIos: number | null;
  /** Bytes of each job, all passes together: none is begun when so many are; the last block may go over. */
  readonly size: number | null;
  /** Virtual time that each job runs from its start on, in nanoseconds. */
  readonly runtimeNs: number | null;
  /** Starts when all jobs before it have ended. */
  readonly stonewall: boolean;
  /** `randseed` of the file; null where it has none. */
  readonly seed: number | null;
  /** Null: the job has all the room that it needs. */
  readonly pass: Pass | null;
  /** Null: as fast as it can. */
  readonly pace: Pace | null;
  /** Nanoseconds from the start of fio, least and most: each clone draws its own. */
  readonly startDelayNs: readonly [least: number, most: number];
  /** Name of a job before it, which has to end first. */
  readonly waitFor: string | null;
  /** What it writes is read back. */
  readonly verify: Verify | null;
}

/** Going through the files once. A block that does not fit into what is left of a file is not done. */
export interface Pass {
  readonly fileBytes: number;
  readonly files: number;
  /** A pass ends after so many bytes, if not with the files. */
  readonly bytes: number;
  /** Passes; Infinity where only time ends the job. */
  readonly count: number;
  /** After these, passes go on until less than a block is missing to so many bytes (io_size); null: they do not. */
  readonly until: number | null;
  /** Blocks lie anywhere, also twice: no random map. */
  readonly freely: boolean;
}

/** Bytes per second; null: no limit. */
export interface Rates {
  readonly read: number | null;
  readonly write: number | null;
}

export interface Pace {
  readonly rates: Rates | null;
  /** After so many blocks the job waits for what is out, then for so many nanoseconds; 0: it does not. */
  readonly thinkNs: number;
  readonly thinkBlocks: number;
}

export interface Verify {
  /** Reads back after so many writes, and so many; null: when a pass is over. */
  readonly backlog: number | null;
  readonly batch: number | null;
}

/** What most jobs have of the rest: nothing. */
export const PLAIN_JOB = {
  pass: null,
  pace: null,
  startDelayNs: [0, 0],
  waitFor: null,
  verify: null,
} as const satisfies Partial<FioJob>;

export const DEFAULT_BLOCK_BYTES = 4096;

/** Whether the job reads, at least at times. */
export function doesRead(job: Pick<FioJob, 'rw' | 'rwmixread'>): boolean {
  return job.rw.endsWith('rw') ? job.rwmixread > 0 : job.rw.endsWith('read');
}

/** Whether the job writes, at least at times. */
export function doesWrite(job: Pick<FioJob, 'rw' | 'rwmixread'>): boolean {
  return job.rw.endsWith('rw') ? job.rwmixread < 100 : job.rw.endsWith('write');
}

/** The sizes that the job really uses, those of a direction that it never takes left out. */
export function usedBlocks(job: Pick<FioJob, 'rw' | 'rwmixread' | 'bs'>): readonly BlockSize[] {
  return [...(doesRead(job) ? job.bs.read : []), ...(doesWrite(job) ? job.bs.write : [])];
}

/** Bytes of each of the job's buffers: fio makes them as large as the largest block of either direction. */
export function bufferBytes(job: Pick<FioJob, 'bs'>): number {
  return Math.max(...[...job.bs.read, ...job.bs.write].map(({ bytes }) => bytes));
}

/**
 * The jobs in groups that run one after the other. A stonewall begins a new one; so does a job where it and all behind it
 * (up to the next stonewall) wait for all before it, for that is the same.
 */
export function jobGroups(jobs: readonly FioJob[]): FioJob[][] {
  const groups: FioJob[][] = [];
  for (const job of jobs) {
    const last = groups.at(-1);
    if (last === undefined || job.stonewall) groups.push([job]);
    else last.push(job);
  }
  return groups.flatMap(cutWhereAllWait);
}

function cutWhereAllWait(jobs: readonly FioJob[]): FioJob[][] {
  const awaited = jobs.map((job) => awaitedBy(job, jobs));
  const cuts = jobs.flatMap((_, i) => {
    const before = jobs.slice(0, i);
    const all = awaited.slice(i).every((names) => before.every(({ name }) => names.has(name)));
    return all ? [i] : [];
  });
  return cuts.map((from, k) => jobs.slice(from, cuts[k + 1]));
}

/** Names of the jobs that have ended when this one starts. */
function awaitedBy(job: FioJob, jobs: readonly FioJob[]): Set<string> {
  const names = new Set<string>();
  for (let at: FioJob | undefined = job; at?.waitFor != null && !names.has(at.waitFor);) {
    const { waitFor }: FioJob = at;
    names.add(waitFor);
    at = jobs.find(({ name }) => name === waitFor);
  }
  return names;
}
