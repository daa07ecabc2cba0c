// SPDX-License-Identifier: GPL-2.0-only
// One clone of a job under way: what it submits next, and when it has enough.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { BlockSize, FioJob } from '../jobs';
import type { IoSlot } from './io-slot';

export class JobRun {
  readonly free: IoSlot[] = [];
  submitted = 0;
  submittedBytes = 0;
  completed = 0;
  /** A mapping failed for want of room: it waits for a completion. */
  blocked = false;
  private readonly random: RandomGenerator;
  private readonly readFraction: number;

  constructor(
    readonly job: FioJob,
    seed: number,
  ) {
    this.random = xoroshiro128plus(seed);
    this.readFraction = readFraction(job);
  }

  /** Whether it submits an I/O now. */
  ready(now: number): boolean {
    const { numberIos, size, runtimeNs } = this.job;
    return (
      this.free.length > 0 &&
      !this.blocked &&
      (numberIos === null || this.submitted < numberIos) &&
      (size === null || this.submittedBytes < size) &&
      (runtimeNs === null || now < runtimeNs)
    );
  }

  nextIsWrite(): boolean {
    if (this.readFraction === 1) return false;
    if (this.readFraction === 0) return true;
    return uniformFloat64(this.random) >= this.readFraction;
  }

  nextSize(write: boolean): number {
    const sizes = write ? this.job.bs.write : this.job.bs.read;
    if (sizes.length === 1) return (sizes[0] as BlockSize).bytes;
    let left = uniformFloat64(this.random);
    for (const { bytes, weight } of sizes) {
      left -= weight;
      if (left < 0) return bytes;
    }
    return (sizes.at(-1) as BlockSize).bytes;
  }
}

/** Reads among the I/Os, 0 to 1. */
export function readFraction(job: FioJob): number {
  switch (job.rw) {
    case 'read':
    case 'randread':
      return 1;
    case 'write':
    case 'randwrite':
      return 0;
    default:
      return job.rwmixread / 100;
  }
}

/** The largest I/O of a job, in bytes. */
export function largestIo(job: FioJob): number {
  const reads = readFraction(job);
  const sizes = [...(reads > 0 ? job.bs.read : []), ...(reads < 1 ? job.bs.write : [])];
  return Math.max(...sizes.map(({ bytes }) => bytes));
}
