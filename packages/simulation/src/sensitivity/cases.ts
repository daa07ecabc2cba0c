// SPDX-License-Identifier: GPL-2.0-only
// What two policies are compared on: reads of each size as in the cover letter, and one thing changed at a time.

import type { FioJob, LayoutName } from '../jobs';

export interface ComparedWorkload {
  /** What is changed; the first is what the others differ from. */
  readonly name: string;
  readonly rw: 'read' | 'write';
  readonly iodepth: number;
  readonly numjobs: number;
  readonly layout: LayoutName;
  readonly sizes: readonly number[];
}

const ALL_SIZES = [4, 8, 16, 32, 64, 128].map((n) => n * 1024);
const COVER_LETTER_SIZES = [4, 16, 64, 128].map((n) => n * 1024);

const BASE: ComparedWorkload = {
  name: 'reads',
  rw: 'read',
  iodepth: 64,
  numjobs: 1,
  layout: 'fresh',
  sizes: ALL_SIZES,
};

function changed(name: string, change: Partial<ComparedWorkload>): ComparedWorkload {
  return { ...BASE, sizes: COVER_LETTER_SIZES, name, ...change };
}

export const WORKLOADS: readonly ComparedWorkload[] = [
  BASE,
  changed('writes', { rw: 'write' }),
  changed('iodepth 1', { iodepth: 1 }),
  changed('2 jobs', { numjobs: 2 }),
  changed('8 jobs', { numjobs: 8 }),
  changed('contiguous', { layout: 'contiguous' }),
  changed('fragmented', { layout: 'fragmented' }),
];

/** A run ends after two rounds of a flush queue's timer and a little, so that what the first gave back is used again; */
const RUN_NS = 2.2e9;
/** or after two of the large queue, if it fills before that. I/Os of all jobs. */
const RUN_IOS = 75_000;

/** One job of it. @param bs bytes */
export function jobOf({ name, rw, iodepth, numjobs }: ComparedWorkload, bs: number): FioJob {
  const sizes = [{ bytes: bs, weight: 1 }];
  return {
    name,
    rw,
    rwmixread: 50,
    bs: { read: sizes, write: sizes },
    iodepth,
    numjobs,
    numberIos: Math.ceil(RUN_IOS / numjobs),
    size: null,
    runtimeNs: RUN_NS,
    stonewall: true,
    seed: null,
  };
}
