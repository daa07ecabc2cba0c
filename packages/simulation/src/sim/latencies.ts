// SPDX-License-Identifier: GPL-2.0-only
// Latencies of a run, counted in the buckets of an HdrHistogram of three digits: it works its bucket out with floating-point
// powers, 12 % of a run with the pool. What it tells is the same.

import { type Histogram, build } from 'hdr-histogram-js';

/** The longest latency that is told from longer ones. */
const LONGEST_NS = 1e11;
/** Of 2^11 values each, of which the upper half is its own: a bucket is twice as wide as the one before. */
const HALF_BITS = 10;
const HALF = 1 << HALF_BITS;
/** Below this integers of 32 bits do; what is longer the histogram counts itself. */
const COUNTED_BELOW = 2 ** 31;
const WIDTHS = 31 - HALF_BITS;

export class Latencies {
  /** Null until there is one: most runs have none, and it is hundreds of KB. */
  private long: Histogram | null = null;
  private readonly counts = new Uint32Array((WIDTHS + 1) * HALF);
  private longest = 0;

  /** @param ns from 0 to 10^11 */
  record(ns: number): void {
    const whole = Math.round(ns);
    if (!(whole >= 0 && whole < COUNTED_BELOW)) {
      (this.long ??= newHistogram()).recordValue(whole);
      return;
    }
    const width = Math.max(31 - HALF_BITS - Math.clz32(whole), 0);
    (this.counts[width * HALF + (whole >>> width)] as number)++;
    if (whole > this.longest) this.longest = whole;
  }

  /** How many. */
  get count(): number {
    return this.counts.reduce((sum, n) => sum + n, this.long?.totalCount ?? 0);
  }

  /**
   * Nanoseconds, 0 of none. The histogram's own mean works out both ends of each bucket, empty or not: 5 % of a run.
   * Each latency counts as the middle of its bucket.
   */
  mean(): number {
    if (this.long) return this.histogram().mean;
    const { counts } = this;
    let [sum, count] = [0, 0];
    for (let i = 0; i < counts.length; i++) {
      const n = counts[i] as number;
      if (n === 0) continue;
      const width = widthOf(i);
      sum += (leastOf(i, width) + Math.floor(2 ** width / 2)) * n;
      count += n;
    }
    return count > 0 ? sum / count : 0;
  }

  /** All of them. */
  histogram(): Histogram {
    const all = newHistogram();
    if (this.long) all.add(this.long);
    const { counts } = this;
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] as number;
      if (count === 0) continue;
      const width = widthOf(i);
      const least = leastOf(i, width);
      // Any value of a bucket counts alike, but the longest of all is told as it is.
      const isLongest = this.longest >= least && this.longest < least + 2 ** width;
      all.recordValueWithCount(isLongest ? this.longest : least, count);
    }
    return all;
  }
}

/** The power of two of values that share a bucket. */
function widthOf(bucket: number): number {
  return Math.max(Math.floor(bucket / HALF) - 1, 0);
}

/** The least value of a bucket. */
function leastOf(bucket: number, width: number): number {
  return (bucket - width * HALF) * 2 ** width;
}

function newHistogram(): Histogram {
  return build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_NS,
    numberOfSignificantValueDigits: 3,
  });
}
