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
  /** A job ends at the first of these that is set; at least one is. I/Os of each job. */
  readonly numberIos: number | null;
  /** Bytes that each job moves. */
  readonly size: number | null;
  /** Virtual time that each job runs, in nanoseconds. */
  readonly runtimeNs: number | null;
  /** Starts when all jobs before it have ended. */
  readonly stonewall: boolean;
  /** `randseed` of the file; null where it has none. */
  readonly seed: number | null;
}

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

/** The jobs in groups that run one after the other: each stonewall begins a new one. */
export function jobGroups(jobs: readonly FioJob[]): FioJob[][] {
  const groups: FioJob[][] = [];
  for (const job of jobs) {
    const last = groups.at(-1);
    if (last === undefined || job.stonewall) groups.push([job]);
    else last.push(job);
  }
  return groups;
}
