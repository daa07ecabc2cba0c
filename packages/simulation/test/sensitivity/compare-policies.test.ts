// SPDX-License-Identifier: GPL-2.0-only
// Policies compared: all on one base, on a machine in use, every run checked.

import { expect } from 'chai';
import { preset, presetInfo } from '../../src/cost';
import { onBase, policiesNamed, withPlan } from '../../src/policies';
import {
  type ComparedSide,
  type PolicyComparison,
  type Setup,
  WORKLOADS,
  comparePolicies,
  expectComparable,
  jobOf,
  partOf,
} from '../../src/sensitivity';
import { ChargedPages } from '../../src/sim';
import { runJobs } from '../../src/testing';

const [reads] = WORKLOADS;
if (!reads) throw new Error('workloads');

function setup(names: string, change: Partial<Setup> = {}): Setup {
  const name = change.preset ?? 'bare-metal-vtd';
  return {
    ...{ preset: name, cost: preset(name), cpus: 4, seed: 1 },
    policies: policiesNamed(names),
    workloads: [{ ...(reads as NonNullable<typeof reads>), sizes: [4096] }],
    ...change,
  };
}

function sideOf({ rows: [row] }: PolicyComparison, name: string): ComparedSide {
  const found = row?.sides.find(({ policy }) => policy === name);
  if (!found) throw new Error(name);
  return found;
}

describe('comparePolicies', function () {
  this.timeout(60_000);

  /** What several tests look at. */
  let four: PolicyComparison;
  before(() => {
    four = comparePolicies(setup('strict,lazy,lazy-large,pool'));
  });

  it('compares any number of policies, each checked by the invariants, on the latest base of all', () => {
    const c = four;
    expect([c.base, c.policies]).to.deep.equal(['6.8', ['strict', 'lazy', 'lazy-large', 'pool']]);
    for (const { sides } of c.rows)
      for (const { invariants_checked, wrong } of sides) {
        expect(invariants_checked).to.be.above(20);
        expect(wrong).to.deep.equal([]);
      }
    const [row] = c.rows;
    const least = Math.min(
      ...['strict', 'lazy', 'lazy-large'].map((n) => sideOf(c, n).cpu_ns_per_io),
    );
    expect(row?.cpu.pair[1]).to.equal('pool');
    expect(sideOf(c, row?.cpu.pair[0] ?? '').cpu_ns_per_io).to.equal(least);
    expect(row?.cpu.ratio).to.equal(sideOf(c, 'pool').cpu_ns_per_io / least);
    expect(c.dependence[0]?.pair).to.deep.equal(row?.cpu.pair);
    expect(c.dependence[0]?.cpu).to.be.closeTo(row?.cpu.ratio ?? NaN, 1e-6);
  });

  it('tells what is wrong with a run', () => {
    class LeakyPages extends ChargedPages {
      override alloc_pages_node(...args: Parameters<ChargedPages['alloc_pages_node']>) {
        super.alloc_pages_node(args[0], args[1], 0);
        return super.alloc_pages_node(...args);
      }
    }
    const [strict, pool] = policiesNamed('strict,pool');
    if (!strict || !pool) throw new Error('two policies');
    const leaky = withPlan(pool, { parts: { page_alloc: LeakyPages } });
    const c = comparePolicies(setup('strict,pool', { policies: [strict, leaky] }));
    expect(sideOf(c, 'strict').wrong).to.deep.equal([]);
    expect(sideOf(c, 'pool').wrong.join()).to.match(/pages of bounce buffers are left/);
  });

  it('examines the pair that is asked for @long-only', () => {
    const c = comparePolicies(setup('strict,pool', { pair: ['pool', 'strict'] }));
    const [row] = c.rows;
    expect([row?.cpu.pair, row?.faster.pair, c.dependence[0]?.pair]).to.deep.equal([
      ['pool', 'strict'],
      ['pool', 'strict'],
      ['pool', 'strict'],
    ]);
    expect(row?.cpu.ratio).to.equal(
      sideOf(c, 'strict').cpu_ns_per_io / sideOf(c, 'pool').cpu_ns_per_io,
    );
  });

  it('gives lazy-large its addresses from the cache, as between two flushes of a machine in use', () => {
    const { iova_tree_per_io, stale_busy_max_ns } = sideOf(four, 'lazy-large');
    expect(iova_tree_per_io / 2).to.be.below(0.02);
    // Its queue was flushed once.
    expect(stale_busy_max_ns).to.be.above(50e6);
    const boot = runJobs('lazy-large', [jobOf(reads, 4096, { ios: 2000 })], {
      preset: 'bare-metal-vtd',
      data: false,
    });
    expect(boot.iova_tree / boot.ios / 2, 'from boot').to.be.within(0.49, 0.51);
  });

  it('refuses what cannot be compared', () => {
    for (const [names, change, expected] of [
      ['pool', {}, /at least two/],
      ['pool,strict,pool', {}, /pool twice/],
      ['swiotlb-force,lazy-large', {}, /no common base.*swiotlb-force 5\.13, lazy-large 6\.8/],
      ['strict,lazy-large', { base: '5.13' }, /lazy-large does not run on 5\.13/],
      ['strict,lazy', { base: '5.13', preset: 'laptop-virtio' }, /lazy does not run on 5\.13/],
      ['strict,pool', { pair: ['strict', 'lazy'] }, /lazy is not among/],
      ['strict,pool', { pair: ['pool', 'pool'] }, /different policies/],
    ] as const)
      expect(() => expectComparable(setup(names, change)), names).to.throw(expected);
  });
});

describe('onBase', function () {
  this.timeout(60_000);

  it('puts strict on the driver of 6.8, which waits once for all the requests of a map', () => {
    const [strict] = policiesNamed('strict');
    if (!strict) throw new Error('strict');
    const job = jobOf(reads, 65536, { ios: 300 });
    const [before, after] = (['5.13', '6.8'] as const).map((base) =>
      runJobs(onBase(strict, base, 'virtio-iommu'), [job]),
    );
    if (!before || !after) throw new Error('two runs');
    expect(after.iommu_requests).to.equal(before.iommu_requests);
    expect(after.cpu_ns_per_io.by_cause.vmexit).to.be.below(
      before.cpu_ns_per_io.by_cause.vmexit / 3,
    );
    expect(after.stale_max_ns).to.equal(0);
    expect(after.data).to.include({ pages_wrong: 0, faults: 0 });
  });

  it('says what a policy has of later kernels', () => {
    const { iommu } = presetInfo('bare-metal-vtd');
    const [strict, large] = policiesNamed('strict,lazy-large');
    if (!strict || !large) throw new Error('two policies');
    const on = { iommu, cost: preset('bare-metal-vtd') };
    expect(strict.whatIf(on)).to.equal(null);
    expect(onBase(strict, '6.8', iommu).whatIf(on)).to.match(/IOVA cache of v6\.7/);
    expect(large.whatIf(on)).to.match(/single queue.*IOVA cache of v6\.7/);
    expect(large.whatIf({ ...on, iommu: 'virtio-iommu' })).to.match(/virtio-iommu of v6\.8/);
  });
});

describe('partOf', function () {
  this.timeout(60_000);

  it('is what a longer run has beyond a shorter one', () => {
    const [start, whole] = [1e7, 4e7].map((ns) =>
      runJobs('lazy', [jobOf(reads, 16384, { ns })], { data: false }),
    );
    if (!start || !whole) throw new Error('two runs');
    const part = partOf(whole, start);
    expect(part.ios).to.be.above(0);
    expect(part.ios + start.ios).to.equal(whole.ios);
    const { total, by_cause, by_phase } = part.cpu_ns_per_io;
    const sum = (of: Readonly<Record<string, number>>): number =>
      Object.values(of).reduce((a, b) => a + b, 0);
    expect(sum(by_cause)).to.be.closeTo(total, 1e-6 * total);
    expect(sum(by_phase)).to.be.closeTo(total, 1e-6 * total);
    expect(total * part.ios + start.cpu_ns_per_io.total * start.ios).to.be.closeTo(
      whole.cpu_ns_per_io.total * whole.ios,
      1,
    );
    expect(() => partOf(start, whole)).to.throw(/not longer/);
  });
});
