// SPDX-License-Identifier: GPL-2.0-only
// What each I/O of a job is: read or write, and how large. Seeded; nothing is allocated per I/O.

import { type BlockSize, type FioJob, doesRead, doesWrite } from './job';
import { type Random, newRandom, unit } from './random';
import { Weighted } from './weighted';

/** One job's I/Os, one after the other: call `next()`, then look at `isRead` and `bytes`. */
export class Workload {
  /** Of the current I/O. */
  isRead = true;
  /** Of the current I/O. */
  bytes = 0;
  private readonly random: Random;
  private readonly readShare: number;
  private readonly read: Weighted;
  private readonly write: Weighted;

  /** @param seed any whole number; jobs that should differ need seeds that do */
  constructor(job: FioJob, seed: number) {
    this.random = newRandom(seed);
    this.readShare = !doesWrite(job) ? 1 : !doesRead(job) ? 0 : job.rwmixread / 100;
    this.read = sizes(job.bs.read);
    this.write = sizes(job.bs.write);
  }

  /** The next I/O. */
  next(): void {
    this.drawDirection();
    this.drawBytes();
  }

  drawDirection(): void {
    const { random, readShare } = this;
    this.isRead = readShare === 1 || (readShare > 0 && unit(random) < readShare);
  }

  /** A size, for the current direction. */
  drawBytes(): void {
    this.bytes = (this.isRead ? this.read : this.write).draw(this.random);
  }

  /** The smallest size of the current direction. */
  leastBytes(): number {
    return (this.isRead ? this.read : this.write).least;
  }

  /** Whether it reads and writes. */
  isMixed(): boolean {
    return this.readShare > 0 && this.readShare < 1;
  }
}

function sizes(list: readonly BlockSize[]): Weighted {
  return new Weighted(list.map(({ bytes, weight }) => [bytes, weight]));
}
