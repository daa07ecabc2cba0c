// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import sinon from 'sinon';
import {
  CALIBRATION,
  type ChainTask,
  COST_PARAMETERS,
  type CostName,
  type Fit,
  COVER_LETTER,
  COVER_LETTER_INTERVALS,
  NoFitError,
  Surrogate,
  type Terrain,
  Walk,
  chainsOf,
  effectiveSize,
  excess,
  figures,
  fit,
  fitOf,
  movedRanges,
  pressedEnds,
  priorOf,
  coverLetterRows,
  isFitted,
  predictedFromTwo,
  predictionsFromTwo,
  preset,
  rHat,
  runTask,
} from '../../src/cost';

const LONG = process.env['TEST_LONG'] === '1';

const surrogate = new Surrogate(coverLetterRows());

const EVERY_THIRD = COVER_LETTER_INTERVALS.map((row, i) => (i % 3 === 0 ? row : null));
const OPTIONS = { seed: 5, sets: 200, populations: LONG ? 2 : 1, thin: 5 };
const smallFit = (): Fit => fit(surrogate, EVERY_THIRD, OPTIONS);
/** The same, each population a task that was sent somewhere as text. */
const sentFit = (): Fit => {
  const from = [4096, 131072];
  const chains = chainsOf(surrogate, OPTIONS).map((chain) => {
    const text = JSON.stringify({ ...chain, rows: coverLetterRows(), from });
    return runTask(JSON.parse(text) as ChainTask);
  });
  return fitOf(surrogate, chains);
};
let first: Fit | undefined;
/** Most of a fit's time is the search, so all tests look at one: with TEST_LONG=1 at both. */
const found = (): Fit => (first ??= sentFit());

describe('the preset laptop-virtio', () => {
  it("gives all of the cover letter's figures, rounded as they are printed", () => {
    for (const [i, row] of surrogate.explain(preset('laptop-virtio')).entries()) {
      expect(row.speedup.toFixed(1)).to.equal(COVER_LETTER[i]?.speedup.toFixed(1));
      expect(row.unmapReduction.toFixed(2)).to.equal(COVER_LETTER[i]?.unmapReduction.toFixed(2));
      expect(row.mapReduction).to.be.greaterThan(0.99);
    }
    const given = surrogate.evaluate(surrogate.vector(preset('laptop-virtio')));
    expect(excess(given, COVER_LETTER_INTERVALS)).to.equal(0);
  });

  it('is the one that the committed calibration found', () => {
    expect(preset('laptop-virtio')).to.deep.equal(CALIBRATION.preset);
    expect(CALIBRATION.figures).to.deep.equal(figures(surrogate, CALIBRATION.preset));
  });
});

describe('the committed calibration', () => {
  it('predicts three of the four figures that it was not fitted to, and misses the unmap of 64k', () => {
    const all = predictionsFromTwo();
    expect(all.map(({ bytes, of }) => [bytes / 1024, of])).to.deep.equal([
      [16, 'speedup'],
      [16, 'unmap_reduction'],
      [64, 'speedup'],
      [64, 'unmap_reduction'],
    ]);
    const missed = all.filter(({ met }) => !met);
    expect(missed).to.deep.equal([all[3]]);
    const [low = 0, high = 0] = missed[0]?.predicted ?? [];
    expect([missed[0]?.published, low < high && high < 0.895]).to.deep.equal([0.9, true]);
  });

  it('knows the costs that were fitted from those that were changed, and from other machines', () => {
    const fitted = preset('laptop-virtio');
    expect(isFitted({ ...fitted })).to.equal(true);
    expect(isFitted({ ...fitted, vmexitNs: fitted.vmexitNs + 1 })).to.equal(false);
    expect(isFitted({ ...preset('bare-metal-vtd') })).to.equal(false);
  });

  it('is of 10,000 sets or more, worth thousands, from populations that agree', () => {
    for (const { sets, effective_sets_min, r_hat_max } of [
      CALIBRATION.fit,
      CALIBRATION.two_columns.fit,
    ]) {
      expect(sets).to.be.at.least(10_000);
      expect(effective_sets_min).to.be.at.least(2000);
      expect(r_hat_max).to.be.below(1.05);
    }
  });

  it('has every parameter, exercised or not, and ranges within the priors', () => {
    const names = [...CALIBRATION.parameters.map((p) => p.name), ...CALIBRATION.not_exercised];
    expect(names.sort()).to.deep.equal(COST_PARAMETERS.map((p) => p.name).sort());
    for (const p of CALIBRATION.parameters) {
      expect(p.prior).to.deep.equal(priorOf(p.name as CostName));
      expect(p.accepted.min).to.be.at.least(p.prior[0] * 0.999);
      expect(p.accepted.max).to.be.at.most(p.prior[1] * 1.001);
    }
  });

  if (LONG)
    it('is deterministic, and the same where each population was sent somewhere as text @long', function () {
      this.timeout(400_000);
      expect(smallFit()).to.deep.equal(found());
    });

  it('predicts the columns that it was not given, and only those', () => {
    expect(predictedFromTwo(4096)).to.equal(null);
    expect(predictedFromTwo(131072)).to.equal(null);
    expect(predictedFromTwo(65536)?.speedup).to.have.length(2);
    const { speedup, unmap_reduction } = predictedFromTwo(16384) ?? {};
    expect(4.7).to.be.within(speedup?.[0] ?? NaN, speedup?.[1] ?? NaN);
    expect(0.94).to.be.within(
      (unmap_reduction?.[0] ?? NaN) - 0.005,
      (unmap_reduction?.[1] ?? NaN) + 0.005,
    );
  });
});

describe('identifiability', () => {
  const report = (name: string, p5: number, p95: number, width_left: number): ParameterLike => ({
    name,
    prior: [1, 100],
    accepted: { min: p5, p5, median: p5, p95, max: p95 },
    width_left,
  });
  type ParameterLike = Parameters<typeof pressedEnds>[0][number];

  it('is tested at ends that narrow ranges press against, and at no others', () => {
    const found = pressedEnds([
      report('copyColdBytesPerS', 80, 99, 0.1),
      report('nvmeBytesPerS', 1.01, 3, 0.2),
      report('unpinNs', 10, 20, 0.2),
      report('pinNs', 1.05, 95, 0.98),
    ]);
    expect(found).to.deep.equal([
      { name: 'copyColdBytesPerS', end: 'max', value: 100, moved_to: 200 },
      { name: 'nvmeBytesPerS', end: 'min', value: 1, moved_to: 0.5 },
    ]);
  });

  it('is lost where the range moves away, or becomes wide', () => {
    const before = [report('a', 10, 12, 0.1), report('b', 10, 12, 0.1), report('c', 10, 12, 0.1)];
    const after = [report('a', 13, 15, 0.1), report('b', 2, 90, 0.8), report('c', 9, 15, 0.2)];
    expect(movedRanges(before, after).map(({ name, holds }) => [name, holds])).to.deep.equal([
      ['a', false],
      ['b', false],
      ['c', true],
    ]);
  });

  it('of the committed calibration rests on two assumed bandwidths', () => {
    const gone = (name: string): string[] =>
      CALIBRATION.ends
        .find((one) => one.name === name)
        ?.ranges.filter(({ holds }) => !holds)
        .map((range) => range.name) ?? [];
    expect(gone('copyColdBytesPerS')).to.include.members(['unpinNs', 'unmapPieceNs', 'ioNs']);
    expect(gone('nvmeBytesPerS')).to.include.members(['mapPieceNs', 'ioNs']);
    const yes = [...CALIBRATION.parameters, ...CALIBRATION.sums].filter(
      ({ identified }) => identified === 'yes',
    );
    expect(yes.map(({ name }) => name)).to.deep.equal([
      'poolUnmapNs',
      'vfioUnmapNs',
      'unmapRequestNs',
    ]);
  });
});

describe('fit', () => {
  it('gives sets that all round to what is wanted @long-only', function () {
    this.timeout(400_000);
    expect(found().sets.length).to.be.at.least(200);
    for (const set of found().sets)
      expect(excess(surrogate.evaluate(set), EVERY_THIRD)).to.be.below(1e-6);
  });

  it('has a seed of its own for each population, and says which one found nothing', () => {
    const chains = chainsOf(surrogate, { seed: 5, sets: 200 });
    expect(new Set(chains.map(({ seed }) => seed)).size).to.equal(4);
    expect(() => fitOf(surrogate, [{ best: {}, excess: 1.25 }]))
      .to.throw(NoFitError)
      .with.property('excess', 1.25);
  });

  it('says how far out the best set is when there is none', () => {
    const rows = COVER_LETTER_INTERVALS.map((row) => ({
      ...row,
      unmapReduction: [0.1, 0.11] as const,
    }));
    // However long it searched.
    const anneal = sinon.stub(Walk.prototype, 'anneal');
    anneal.callsFake(function (this: Walk, sweeps) {
      return anneal.wrappedMethod.call(this, sweeps / 30);
    });
    try {
      expect(() => fit(surrogate, rows, { seed: 1, sets: 10, populations: 1 }))
        .to.throw(NoFitError)
        .with.property('excess')
        .that.is.greaterThan(1);
    } finally {
      anneal.restore();
    }
  });
});

describe('Walk', () => {
  /** Wanted: x + y < 3 in [1, 10] x [1, 10]; even in the logarithms, where P(x < 1.5) can be worked out. */
  class Corner implements Terrain {
    readonly least = Float64Array.of(1, 1);
    readonly most = Float64Array.of(10, 10);
    private at: ArrayLike<number> = [0, 0];
    private direction: ArrayLike<number> = [0, 0];
    aim(at: Float64Array, direction: Float64Array): void {
      [this.at, this.direction] = [at, direction];
    }
    energy(t: number): number {
      const [x = 0, y = 0] = Array.from(this.at, (a, k) => a + t * (this.direction[k] ?? 0));
      return Math.max(0, x + y - 3);
    }
  }

  it('goes the same way with the same seed, and another with another', () => {
    const walked = (seed: number): number[][] => {
      const walk = new Walk(new Corner(), 6, seed);
      walk.anneal(200);
      walk.gather();
      for (let i = 0; i < 20; i++) walk.sweep();
      return Array.from(walk.wanted(), (at) => Array.from(at));
    };
    expect(walked(11)).to.have.length.above(0);
    expect(walked(11)).to.deep.equal(walked(11));
    expect(walked(11)).not.to.deep.equal(walked(12));
  });

  it('is even in the logarithms over what is wanted @long-only', function () {
    this.timeout(400_000);
    const walk = new Walk(new Corner(), 6, 11);
    walk.anneal(200);
    expect(walk.gather()).to.be.greaterThan(0);
    let [below, all] = [0, 0];
    for (let i = 0; i < (LONG ? 20_000 : 4_000); i++) {
      walk.sweep();
      for (const c of walk.wanted()) {
        all++;
        if ((c[0] ?? 0) < 1.5) below++;
      }
    }
    // The integral of ln(3 - x) / x from 1 to 1.5 by that from 1 to 2, by the midpoint rule.
    const integral = (to: number): number => {
      const n = 20_000;
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const x = 1 + ((to - 1) * (i + 0.5)) / n;
        sum += (Math.log(3 - x) / x) * ((to - 1) / n);
      }
      return sum;
    };
    expect(below / all).to.be.closeTo(integral(1.5) / integral(2), LONG ? 0.01 : 0.02);
  });
});

describe('rHat and effectiveSize', () => {
  const even = Array.from({ length: 400 }, (_, i) => ((i * 7919) % 1000) / 1000);

  it('tell sequences that agree from those that do not', () => {
    expect(rHat([even, even])).to.be.closeTo(1, 0.02);
    expect(rHat([even, even.map((x) => x + 1)])).to.be.greaterThan(1.5);
  });

  it('count walkers that stay apart as few', () => {
    const stuck = [1, 2, 3, 4].map((x) => even.map((e) => x + e / 100));
    expect(effectiveSize([even, even])).to.be.greaterThan(200);
    expect(effectiveSize(stuck)).to.be.below(20);
  });
});
