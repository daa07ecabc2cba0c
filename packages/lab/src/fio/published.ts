// SPDX-License-Identifier: GPL-2.0-only
// The figures of the cover letter: [PATCH 0/4] Add dynamic iommu backed bounce buffers, 7 July 2021, message-id
// 20210707075505.2896824-1-stevensd@google.com. fio --rw=read --iodepth=64, one job, i5-10210U, VFIO NVMe.

import type { FioJob } from '../jobs';

export interface PublishedRow {
  readonly bs: number;
  /** Throughput after by throughput before, printed to 0.1. */
  readonly speedup: number;
  /** Of the time per GB in unmap, printed to 0.01. */
  readonly unmapReduction: number;
}

/** The same for all sizes: "> 99 %". */
export const PUBLISHED_MAP_REDUCTION = 0.99;

export const PUBLISHED: readonly PublishedRow[] = [
  { bs: 4096, speedup: 2.8, unmapReduction: 0.97 },
  { bs: 16384, speedup: 4.7, unmapReduction: 0.94 },
  { bs: 65536, speedup: 3.6, unmapReduction: 0.9 },
  { bs: 131072, speedup: 3.6, unmapReduction: 0.87 },
];

/** I/Os of a run: fills of the pool are 64, and would show in a map time measured over less. */
export const LETTER_IOS = 100_000;

/** The letter's jobs, one for each size. */
export function letterJobs(numberIos: number): FioJob[] {
  return PUBLISHED.map(({ bs }) => {
    const sizes = [{ bytes: bs, weight: 1 }];
    return {
      name: `read-${String(bs / 1024)}k`,
      rw: 'read',
      rwmixread: 50,
      bs: { read: sizes, write: sizes },
      iodepth: 64,
      numjobs: 1,
      numberIos,
      size: null,
      runtimeNs: null,
      stonewall: true,
      seed: null,
    };
  });
}

/** What the letter prints for these jobs, or null: it has no such experiment. */
export function publishedFor(jobs: readonly FioJob[]): PublishedRow | null {
  const [job, ...more] = jobs;
  if (!job || more.length > 0) return null;
  const { rw, iodepth, numjobs, bs } = job;
  if (rw !== 'read' || iodepth !== 64 || numjobs !== 1 || bs.read.length !== 1) return null;
  return PUBLISHED.find((row) => row.bs === bs.read[0]?.bytes) ?? null;
}
