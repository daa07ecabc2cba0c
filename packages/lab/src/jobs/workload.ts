// SPDX-License-Identifier: GPL-2.0-only
// What each I/O of a job is: read or write, and how large. Seeded; nothing is allocated per I/O.

import { type BlockSize, type FioJob, doesRead, doesWrite } from './job';
import { type Random, newRandom, unit } from './random';

/** One job's I/Os, one after the other: call `next()`, then look at `isRead` and `bytes`. */
export class Workload {
  /** Of the current I/O. */
  isRead = true;
  /** Of the current I/O. */
  bytes = 0;
  private readonly random: Random;
  private readonly readShare: number;
  private readonly read: Sizes;
  private readonly write: Sizes;

  /** @param seed any whole number; jobs that should differ need seeds that do */
  constructor(job: FioJob, seed: number) {
    this.random = newRandom(seed);
    this.readShare = !doesWrite(job) ? 1 : !doesRead(job) ? 0 : job.rwmixread / 100;
    this.read = new Sizes(job.bs.read);
    this.write = new Sizes(job.bs.write);
  }

  /** The next I/O. */
  next(): void {
    const { random, readShare } = this;
    this.isRead = readShare === 1 || (readShare > 0 && unit(random) < readShare);
    this.bytes = (this.isRead ? this.read : this.write).draw(random);
  }
}

/** Sizes with the sums of their weights, for drawing by bisection. */
class Sizes {
  private readonly bytes: Float64Array;
  private readonly upTo: Float64Array;

  constructor(sizes: readonly BlockSize[]) {
    let sum = 0;
    this.bytes = Float64Array.from(sizes, ({ bytes }) => bytes);
    this.upTo = Float64Array.from(sizes, ({ weight }) => (sum += weight));
  }

  draw(random: Random): number {
    const { bytes, upTo } = this;
    let low = 0;
    let high = upTo.length - 1;
    if (high > 0) {
      const x = unit(random);
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (x < (upTo[middle] as number)) high = middle;
        else low = middle + 1;
      }
    }
    return bytes[low] as number;
  }
}
