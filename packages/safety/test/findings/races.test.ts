// SPDX-License-Identifier: GPL-2.0-only
// Findings: two CPUs at the end of a domain, and at its beginning.

import { expect } from 'chai';
import { exploreSchedules, replaySchedule } from '@iommu-bounce/safety';

describe('a domain in lazy mode', () => {
  it('finding: ends while the timer of its flush queue runs, and the timer oopses', () => {
    const { failures } = exploreSchedules({
      scenario: 'lazy-teardown',
      algorithm: 'brute',
      limit: 1000,
    });
    expect(failures.map(({ kind }) => kind)).to.include.members(['oops', 'use-after-free']);
    const { schedule } = failures.find(({ kind }) => kind === 'oops') ?? { schedule: '' };
    const { outcome, steps } = replaySchedule(schedule);
    expect(outcome).to.equal('oops');
    const started = steps.findIndex(({ operation }) => operation === 'start');
    const cancelled = steps.findIndex(({ operation }) => operation === 'cancel');
    expect(cancelled, 'the timer has begun').to.be.greaterThan(started);
    expect(
      steps.some(({ operation }) => operation === 'end'),
      'it has not ended',
    ).to.equal(false);
  });
});

describe('a domain of a group', () => {
  it('finding: is set up by two CPUs at once, which test start_pfn without a lock', () => {
    const { failures } = replaySchedule('attach');
    const races = failures.filter(({ kind }) => kind === 'data-race').map(({ what }) => what);
    expect(races.join()).to.match(
      /read of iova_domain\.start_pfn at dma-iommu\.ts:\d+ by CPU 1, write of iova_domain\.start_pfn/,
    );
  });
});
