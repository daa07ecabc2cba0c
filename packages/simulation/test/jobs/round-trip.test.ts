// SPDX-License-Identifier: GPL-2.0-only
// Any job, written as a job file, is read back as the same job.

import { expect } from 'chai';
import fc from 'fast-check';
import {
  type BlockSize,
  type FioJob,
  type Pace,
  type Pass,
  READ_WRITE,
  formatJobFile,
} from '../../src/jobs';
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

const KIB = 1024;
const anyPass: fc.Arbitrary<Pass | null> = fc.option(
  fc
    .record({
      fileBytes: fc.integer({ min: 64, max: 2 ** 30 }).map((n) => n * 1024 * 32),
      files: fc.integer({ min: 1, max: 9 }),
      count: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Infinity)),
      until: limit(2 ** 40, KIB),
      freely: fc.boolean(),
    })
    .map((pass) => ({
      ...pass,
      bytes: pass.fileBytes * pass.files,
      until: pass.count === Infinity ? null : pass.until,
    })),
);
const rate = limit(2 ** 40);
const anyPace: fc.Arbitrary<Pace | null> = fc
  .record({
    rates: fc.option(
      fc.record({ read: rate, write: rate }).filter(({ read: r, write: w }) => (r ?? w) !== null),
    ),
    thinkNs: fc.nat({ max: 1e6 }).map((us) => us * 1000),
    thinkBlocks: fc.integer({ min: 1, max: 99 }),
  })
  .map((pace) => (pace.rates === null && pace.thinkNs === 0 ? null : pace))
  .map((pace) => pace && { ...pace, thinkBlocks: pace.thinkNs === 0 ? 1 : pace.thinkBlocks });

/** What has to agree in a job that a file can say. */
function agreeing(job: FioJob): FioJob {
  const random = job.rw.startsWith('rand');
  const several = job.bs.read.length > 1 || job.bs.write.length > 1;
  const pass = job.pass && {
    ...job.pass,
    count: job.runtimeNs === null && job.pass.count === Infinity ? 2 : job.pass.count,
    freely: random && (several || job.pass.freely),
  };
  const timeBased = pass?.count === Infinity;
  const asked = pass === null ? job.size : (pass.until ?? pass.bytes) * pass.count;
  return {
    ...job,
    pass,
    numberIos:
      timeBased || pass === null
        ? job.numberIos && !timeBased
          ? job.numberIos
          : null
        : job.numberIos && job.numberIos * pass.count,
    size: timeBased ? null : asked,
    verify: timeBased || job.rw.endsWith('read') ? null : job.verify,
  };
}

const anyJob: fc.Arbitrary<FioJob> = fc
  .record<{ [K in keyof FioJob]: FioJob[K] }>({
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
    pass: anyPass,
    pace: anyPace,
    startDelayNs: fc
      .tuple(fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 }))
      .map(([a, b]) => [Math.min(a, b) * 1000, Math.max(a, b) * 1000] as const),
    waitFor: fc.constant(null),
    verify: fc.option(fc.record({ backlog: limit(99), batch: limit(99) })),
  })
  .map(agreeing)
  .filter(({ numberIos, size, runtimeNs }) => (numberIos ?? size ?? runtimeNs) !== null);

describe('formatJobFile', () => {
  it('writes what readJobFile reads back', () => {
    fc.assert(
      fc.property(fc.array(anyJob, { minLength: 1, maxLength: 4 }), (jobs) => {
        const { jobs: back, warnings } = read(formatJobFile(jobs));
        expect(warnings.filter((text) => !/norandommap|read back twice/.test(text))).to.deep.equal(
          [],
        );
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
