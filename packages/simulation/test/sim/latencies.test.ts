// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import fc from 'fast-check';
import { type Histogram, build } from 'hdr-histogram-js';
import { Latencies } from '../../src/sim';

/** What a run tells of its latencies. */
function told(histogram: Histogram): readonly number[] {
  return [
    ...[0, 1, 50, 99, 99.9, 100].map((p) => histogram.getValueAtPercentile(p)),
    ...[histogram.mean, histogram.maxValue, histogram.totalCount],
  ];
}

describe('latencies', () => {
  it('are those of an HdrHistogram that has each of them, to the last bit @long-only', () => {
    // At both sides of the ends of buckets, of 32 bits, and of the histogram itself.
    const ends = Array.from({ length: 36 }, (_, bits) => 2 ** bits);
    const near = fc
      .tuple(fc.constantFrom(...ends), fc.integer({ min: -1500, max: 1500 }))
      .map(([end, by]) => Math.max(0, end + by / 2));
    const any = fc.oneof(near, fc.double({ min: 0, max: 99e9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 300 }), (all) => {
        const expected = build({
          bitBucketSize: 64,
          lowestDiscernibleValue: 1,
          highestTrackableValue: 1e11,
          numberOfSignificantValueDigits: 3,
        });
        const latencies = new Latencies();
        for (const ns of all) {
          latencies.record(ns);
          expected.recordValue(Math.round(ns));
        }
        expect(latencies.count).to.equal(all.length);
        expect(told(latencies.histogram())).to.deep.equal(told(expected));
        expect(latencies.mean()).to.equal(expected.mean);
      }),
    );
  });

  it('cannot be negative', () => {
    expect(() => {
      new Latencies().record(-1);
    }).to.throw('negative');
  });
});
