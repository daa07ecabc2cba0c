// SPDX-License-Identifier: GPL-2.0-only
// Tests of what the times of eviction runs tell of a recorded machine's clock.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { LVL_GRAN } from '@iommu-bounce/linux-shim';
import { RecordedClock } from '../../src/drive/recorded-clock';

/** Buckets of 5 s at each HZ, in ns. */
const BUCKET: Record<number, number> = {
  1000: 512e6,
  300: 64e9 / 300,
  250: 256e6,
  100: 80e6,
};

describe('RecordedClock', () => {
  it('finds the phase from the earliest run in its bucket, and how late the others came', () => {
    for (const hz of [100, 250, 300, 1000]) {
      const bucket = BUCKET[hz] ?? NaN;
      const at = (k: number, lateUs: number): number =>
        Math.round(0.9 * bucket + k * bucket) + lateUs * 1000;
      const clock = new RecordedClock([at(20, 150), at(40, 900), at(101, 40), at(7, 300)], hz);
      expect(clock.bucketNs).to.be.closeTo(bucket, 1);
      expect(clock.phaseNs).to.be.closeTo(0.9 * bucket + 40_000 - 1000, 2);
      expect(clock.spreadNs).to.be.closeTo(860_000, 2);
      expect(clock.hzFrom).to.equal('facts');
    }
  });

  it('finds it where the runs lie on both sides of a multiple of the bucket', () => {
    const clock = new RecordedClock([256e6 - 2000, 2 * 256e6 + 5000], 250);
    expect([clock.phaseNs, clock.spreadNs]).to.deep.equal([256e6 - 3000, 7000]);
  });

  it('counts jiffies so that a bucket begins at a multiple of its width', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(100, 250, 300, 1000),
        fc.integer({ min: 0, max: 1e9 }),
        fc.nat(1000),
        (hz, phase, k) => {
          const clock = new RecordedClock([phase + 1000], hz);
          const begin = (clock.phaseNs ?? NaN) + k * clock.bucketNs;
          const before = clock.at(begin - 10);
          const after = clock.at(begin + 10);
          expect(after.jiffies % clock.bucketJiffies).to.equal(0);
          expect(before.jiffies).to.equal(after.jiffies - 1);
          expect(after.restMs).to.be.within(0, 1e-4);
          expect(after.jiffies % LVL_GRAN(2)).to.equal((k * clock.bucketJiffies) % LVL_GRAN(2));
        },
      ),
    );
  });

  it('takes 250 Hz for granted while runs do not tell, and says so', () => {
    const none = new RecordedClock([], null);
    expect([none.hz, none.hzFrom, none.phaseNs, none.runs]).to.deep.equal([
      250,
      'assumed',
      null,
      0,
    ]);
    // 5.12 s from run to run is a multiple of every HZ's bucket.
    const pair = new RecordedClock([20e9, 25.12e9], null);
    expect([pair.hz, pair.hzFrom, pair.runs]).to.deep.equal([250, 'assumed', 2]);
  });

  it('tells each HZ from the others by runs that were armed at any time', () => {
    for (const hz of [100, 250, 300, 1000]) {
      const bucket = BUCKET[hz] ?? NaN;
      // 41 buckets and more apart, and at 1,000 Hz in no order that 250 Hz would not have.
      const runs = [100, 153, 212, 277, 340, 421, 502].map(
        (k) => k * Math.ceil(8e9 / bucket / 50) * bucket,
      );
      const clock = new RecordedClock(runs, null);
      expect([clock.hz, clock.hzFrom]).to.deep.equal([hz, 'runs']);
    }
  });
});
