// SPDX-License-Identifier: GPL-2.0-only
// What policies are compared on: reads of each size as in the cover letter, and one thing changed at a time.

import { type FioJob, type LayoutName, PLAIN_JOB } from '../jobs';
import { type Policy, withPlan } from '../policies';
import { IOVA_SINGLE_FQ_SIZE, IOVA_SINGLE_FQ_TIMEOUT } from '../what-ifs';

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

/** How far a run goes: so many I/Os of all jobs together, or so many nanoseconds, whichever comes first. */
export interface Length {
  readonly ios: number;
  readonly ns: number;
}

/** Figures are those of the part of a run after this: by then lazy has flushed and the pool has filled its buffers. */
export const FROM: Length = { ios: 1000, ns: 0.1e9 };

/** Where that part ends: for the single queue, after one flush by its size or its timer. */
export function untilOf({ plan }: Policy): Length {
  return plan.singleQueue === true
    ? { ios: IOVA_SINGLE_FQ_SIZE + 500, ns: (IOVA_SINGLE_FQ_TIMEOUT + 100) * 1e6 }
    : { ios: 10_000, ns: 1.1e9 };
}

/**
 * The policy on a machine that has run like this before. A flush of the single queue gives back what a round of it took;
 * without that, the first round would take all its addresses from the tree.
 * @param iops of the workload
 */
export function inUse(policy: Policy, bs: number, iops: number): Policy {
  if (policy.plan.singleQueue !== true) return policy;
  const perTimeout = Math.ceil((iops * IOVA_SINGLE_FQ_TIMEOUT) / 1000);
  const count = Math.min(IOVA_SINGLE_FQ_SIZE - 1, perTimeout);
  return withPlan(policy, { cachedRanges: { count, bytes: bs } });
}

/** I/Os of a run that tells how fast the workload is. */
export function trialIos({ iodepth, numjobs }: ComparedWorkload): number {
  return Math.max(500, 4 * iodepth * numjobs);
}

/**
 * One job of it, that ends after so many I/Os or nanoseconds. Of several clones, some reach a number of I/Os sooner, and
 * the others then run alone: a run that is measured ends by time.
 * @param bs bytes
 */
export function jobOf(
  { name, rw, iodepth, numjobs }: ComparedWorkload,
  bs: number,
  ends: { readonly ios: number } | { readonly ns: number },
): FioJob {
  const sizes = [{ bytes: bs, weight: 1 }];
  return {
    name,
    rw,
    rwmixread: 50,
    bs: { read: sizes, write: sizes },
    iodepth,
    numjobs,
    numberIos: 'ios' in ends ? Math.ceil(ends.ios / numjobs) : null,
    size: null,
    runtimeNs: 'ns' in ends ? ends.ns : null,
    stonewall: true,
    seed: null,
    ...PLAIN_JOB,
  };
}
