// SPDX-License-Identifier: GPL-2.0-only
// Bins of time and histograms: what they keep, however long the time becomes and wherever its clock goes.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { PowersOfTwo } from '../../src/bins/powers-of-two';
import { type Sums, TimeBins, fewer } from '../../src/bins/time-bins';

const total = (values: readonly number[]): number => values.reduce((sum, n) => sum + n, 0);
/** A count with the time that its bin begins at. */
const placed = (time: TimeBins, sums: Sums): [number, number][] =>
  sums.read().flatMap((n, i) => (n > 0 ? [[time.startNs + i * time.widthNs, n]] : []));

describe('TimeBins', () => {
  it('have bins of 1 µs from the first time on', () => {
    const time = new TimeBins(4);
    const sums = time.sums();
    for (const ns of [5_000_100, 5_000_900, 5_001_000, 5_003_999]) sums.add(ns);
    expect([time.startNs, time.widthNs, sums.read()]).to.deep.equal([
      5_000_000,
      1000,
      [2, 1, 0, 1],
    ]);
  });

  it('double their width when the time outgrows them, and lose nothing', () => {
    const time = new TimeBins(4);
    const sums = time.sums();
    for (const us of [0, 1, 2, 3, 4, 9]) sums.add(us * 1000, us + 1);
    expect([time.widthNs, sums.read()]).to.deep.equal([4000, [10, 5, 10]]);
  });

  it('make room before the first time when the clock runs back', () => {
    const time = new TimeBins(4);
    const sums = time.sums();
    for (const us of [8, 9, 6, 3]) sums.add(us * 1000);
    expect(placed(time, sums)).to.deep.equal([
      [0, 1],
      [4000, 1],
      [8000, 2],
    ]);
    expect(total(sums.read())).to.equal(4);
  });

  it('keep what begins later in the same bins', () => {
    const time = new TimeBins(4);
    time.sums().add(0);
    const late = time.sums();
    late.add(40_000);
    expect([time.widthNs, late.read()]).to.deep.equal([16_000, [0, 0, 1]]);
  });

  it('are not led astray by a time that is no number', () => {
    const time = new TimeBins(4);
    const sums = time.sums();
    for (const ns of [1000, NaN, Infinity]) sums.add(ns);
    expect(sums.read()).to.deep.equal([3]);
  });

  it('have no bin where there is no time', () => {
    const time = new TimeBins();
    expect([time.used, time.sums().read(), time.levels().read().most]).to.deep.equal([0, [], []]);
  });

  it('hold the sums of a walk in each direction: seed 7', () => {
    const drawn = random(7);
    const next = (): number => drawn.next() / 2 ** 32;
    for (let round = 0; round < 50; round++) {
      const time = new TimeBins(16);
      const [sums, levels] = [time.sums(), time.levels()];
      const all: { ns: number; n: number }[] = [];
      let ns = 1e12;
      for (let i = 0; i < 200; i++) {
        ns += Math.floor((next() - 0.4) * 1e5);
        const n = 1 + Math.floor(next() * 9);
        all.push({ ns, n });
        sums.add(ns, n);
        levels.set(ns, n);
      }
      const of = (bin: number): number[] =>
        all
          .filter((one) => Math.floor((one.ns - time.startNs) / time.widthNs) === bin)
          .map(({ n }) => n);
      const { least, most } = levels.read();
      sums.read().forEach((sum, bin) => {
        expect(sum).to.equal(total(of(bin)));
        expect(most[bin]).to.be.at.least(Math.max(0, ...of(bin)));
        expect(least[bin]).to.be.at.most(Math.min(9, ...of(bin)));
      });
    }
  });
});

describe('Levels', () => {
  it('last until the next change, and have the lowest, the highest and the last of each bin', () => {
    const time = new TimeBins(8);
    const levels = time.levels();
    for (const [us, level] of [
      [0, 5],
      [3, 2],
      [3, 9],
      [3, 4],
    ] as const)
      levels.set(us * 1000, level);
    time.at(5000);
    expect(levels.read()).to.deep.equal({
      least: [0, 5, 5, 2, 4, 4],
      most: [5, 5, 5, 9, 4, 4],
      last: [5, 5, 5, 4, 4, 4],
    });
  });

  it('are joined without the bins that they have not reached', () => {
    const time = new TimeBins(4);
    const levels = time.levels();
    levels.set(0, 3);
    levels.set(2000, 7);
    time.at(9000);
    expect(levels.read()).to.deep.equal({ least: [0, 7, 7], most: [7, 7, 7], last: [7, 7, 7] });
  });

  it('tell of their own bin only where the clock runs back', () => {
    const time = new TimeBins(4);
    const levels = time.levels();
    levels.set(0, 1);
    levels.set(3000, 2);
    levels.set(1000, 8);
    expect(levels.read().most).to.deep.equal([1, 8, 1, 2]);
    expect(levels.level).to.equal(8);
  });
});

describe('fewer', () => {
  it('joins neighbours, the last ones as they are left', () => {
    expect(fewer([1, 2, 3, 4, 5], 2, Math.max)).to.deep.equal([2, 4, 5]);
    expect(fewer([1, 2, 3], 1, Math.max)).to.deep.equal([1, 2, 3]);
  });
});

describe('PowersOfTwo', () => {
  it('put a power of two into its own bin, and one more into the next', () => {
    for (let bin = 0; bin <= 40; bin++) {
      const powers = new PowersOfTwo();
      powers.add(2 ** bin);
      if (bin > 0) powers.add(2 ** bin + 1);
      expect([powers.range, powers.count(bin), powers.limit(bin)]).to.deep.equal([
        bin === 0 ? [0, 1] : [bin, bin + 2],
        1,
        2 ** bin,
      ]);
    }
  });

  it('begin at their unit, and know the bin of the middle', () => {
    const powers = new PowersOfTwo(1000);
    for (const ns of [0, 999, 3000, 3500, 900_000]) powers.add(ns);
    expect([powers.range, powers.count(0), powers.count(2), powers.median]).to.deep.equal([
      [0, 11],
      2,
      2,
      4000,
    ]);
    expect(new PowersOfTwo().median).to.equal(0);
  });
});
