// SPDX-License-Identifier: GPL-2.0-only
// Any job, written as a job file, is read back as the same job.

import { expect } from 'chai';
import fc from 'fast-check';
import { type BlockSize, type FioJob, READ_WRITE, formatJobFile } from '../../src/jobs';
import { read } from './read';

/** Percentages as bssplit sorts them; sizes are multiples of the smallest. */
const sizes: fc.Arbitrary<BlockSize[]> = fc
  .tuple(
    fc.constantFrom(512, 1024, 4096),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 20 })), {
      minLength: 1,
      maxLength: 5,
    }),
  )
  .map(([unit, parts]) => {
    const some = parts.map(([n, percent]) => ({ bytes: n * unit, percent }));
    some.push({ bytes: unit, percent: 100 - some.reduce((sum, { percent }) => sum + percent, 0) });
    return some
      .filter(({ percent }) => percent > 0)
      .sort((a, b) => a.percent - b.percent)
      .map(({ bytes, percent }) => ({ bytes, weight: percent / 100 }));
  })
  .filter((list) => {
    const unit = Math.min(...list.map(({ bytes }) => bytes));
    const sum = list.reduce((total, { weight }) => total + Math.round(weight * 100), 0);
    return sum === 100 && list.every(({ bytes }) => bytes % unit === 0);
  });
const plain: fc.Arbitrary<BlockSize[]> = fc
  .integer({ min: 1, max: 256 })
  .map((n) => [{ bytes: n * 512, weight: 1 }]);
const limit = (max: number, unit = 1): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 1, max }).map((n) => n * unit));

const anyJob: fc.Arbitrary<FioJob> = fc
  .record<FioJob>({
    name: fc.stringMatching(/^[a-zA-Z0-9 _.\]=-]{0,12}$/).map((name) => `j${name}x`),
    rw: fc.constantFrom(...READ_WRITE),
    rwmixread: fc.integer({ min: 0, max: 100 }),
    bs: fc.record({ read: fc.oneof(sizes, plain), write: fc.oneof(sizes, plain) }),
    iodepth: fc.integer({ min: 1, max: 256 }),
    numjobs: fc.integer({ min: 1, max: 16 }),
    numberIos: limit(1e9),
    size: limit(2 ** 40, 1),
    runtimeNs: limit(1e9, 1000),
    stonewall: fc.boolean(),
    seed: fc.option(fc.nat()),
  })
  .filter(({ numberIos, size, runtimeNs }) => (numberIos ?? size ?? runtimeNs) !== null);

describe('formatJobFile', () => {
  it('writes what readJobFile reads back', () => {
    fc.assert(
      fc.property(fc.array(anyJob, { minLength: 1, maxLength: 4 }), (jobs) => {
        const { jobs: back, warnings } = read(formatJobFile(jobs));
        expect(warnings).to.deep.equal([]);
        expect(back).to.deep.equal(jobs);
      }),
    );
  });

  it('refuses what no job file can say', () => {
    const [job] = fc.sample(anyJob, { numRuns: 1, seed: 1 }) as [FioJob];
    for (const wrong of [
      { name: 'a;b' },
      { name: 'global' },
      { runtimeNs: 1 },
      { bs: { ...job.bs, read: [1, 2].map((n) => ({ bytes: n * 512, weight: n / 3 })) } },
    ])
      expect(() => formatJobFile([{ ...job, ...wrong }])).to.throw(RangeError);
  });
});

describe('readJobFile, given anything', () => {
  it('reads it or refuses it with one line', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...'[a]|[global]|[|]|include x|bs=|bssplit=|size=|runtime=|iodepth=|=|,|:|/|4k|-1|%|0x|\n|\n|\n'.split(
          '|',
        ),
      ),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          read(pieces.join(''));
        } catch (error) {
          expect(error).to.have.property('name', 'JobError');
          expect((error as Error).message).to.match(/^a\.fio(:\d+)?: [^\n]*$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
