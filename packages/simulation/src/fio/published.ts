// SPDX-License-Identifier: GPL-2.0-only
// The experiment of the cover letter: [PATCH 0/4] Add dynamic iommu backed bounce buffers, 7 July 2021, message-id
// 20210707075505.2896824-1-stevensd@google.com. fio --rw=read --iodepth=64, one job, i5-10210U, VFIO NVMe.

import { COVER_LETTER, type CoverLetterRow, MAP_REDUCTION } from '../cost';
import { type FioJob, PLAIN_JOB } from '../jobs';

/** The same for all sizes: "> 99 %". */
export const [PUBLISHED_MAP_REDUCTION] = MAP_REDUCTION;

/** I/Os of a run: fills of the pool are 64, and would show in a map time measured over less. */
export const COVER_LETTER_IOS = 100_000;

/** The cover letter's jobs, one for each size. */
export function coverLetterJobs(numberIos: number): FioJob[] {
  return COVER_LETTER.map(({ bytes }) => {
    const sizes = [{ bytes, weight: 1 }];
    return {
      name: `read-${String(bytes / 1024)}k`,
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
      ...PLAIN_JOB,
    };
  });
}

/** What the cover letter prints for these jobs, or null: it has no such experiment. */
export function publishedFor(jobs: readonly FioJob[]): CoverLetterRow | null {
  const [job, ...more] = jobs;
  if (!job || more.length > 0) return null;
  const { rw, iodepth, numjobs, bs } = job;
  if (rw !== 'read' || iodepth !== 64 || numjobs !== 1 || bs.read.length !== 1) return null;
  return COVER_LETTER.find((row) => row.bytes === bs.read[0]?.bytes) ?? null;
}
