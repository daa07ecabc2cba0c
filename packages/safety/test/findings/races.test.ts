// SPDX-License-Identifier: GPL-2.0-only
// Findings: two CPUs at the end of a domain, and at its beginning.

import { expect } from 'chai';
import type { iova_domain } from '@iommu-bounce/iommu-core';
import { exploreSchedules, replaySchedule } from '@iommu-bounce/safety';
import { FIXES, type FixOverlays } from '@iommu-bounce/simulation';
import { withOverlay } from '../../src/findings/stepped-overlay';
import { countAnswered } from '../../src/schedules/derived/attach';
import { countAnswered as countAnsweredMarked } from '../../src/schedules/derived/marked/attach';
import { DERIVED, MARKED } from '../../src/schedules/scenarios/derived-classes';

type IovaClass = Parameters<NonNullable<FixOverlays['iova']>>[0];

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

describe('the fix wait-timer', () => {
  const kinds = (overlay: (base: IovaClass) => IovaClass, algorithm: 'dpor' | 'brute') => {
    const derived = withOverlay('iova_c', 'free_iova_flush_queue', overlay);
    const { failures, complete } = exploreSchedules({
      ...{ scenario: 'lazy-teardown', algorithm, limit: 1000, derived },
    });
    return { kinds: [...new Set(failures.map(({ kind }) => kind))], complete };
  };
  const own = FIXES.find(({ name }) => name === 'wait-timer')?.overlays.iova;

  for (const algorithm of ['dpor', 'brute'] as const)
    it(`leaves no failure in any order of the steps, by ${algorithm}`, () => {
      expect(own && kinds(own, algorithm)).to.deep.equal({ kinds: [], complete: true });
    });

  it('would mend nothing if it did not wait', () => {
    const deletes = (base: IovaClass): IovaClass =>
      class extends base {
        protected override free_iova_flush_queue(iovad: iova_domain): void {
          if (iovad.fq) this.k.timers.del_timer(iovad.fq_timer);
          super.free_iova_flush_queue(iovad);
        }
      };
    expect(kinds(deletes, 'brute').kinds).to.include.members([
      'data-race',
      'use-after-free',
      'oops',
    ]);
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

  it('is set up by one after the other with the steps of lock-set-up, and not with those of nothing', () => {
    const own = FIXES.find(({ name }) => name === 'lock-set-up')?.overlays.dma_iommu;
    const races = (overlay: (base: never) => unknown): number =>
      replaySchedule(
        'attach',
        withOverlay('dma_iommu_c', 'iommu_dma_init_domain', overlay),
      ).failures.filter(({ kind }) => kind === 'data-race').length;
    expect(races(own ?? ((base) => base))).to.equal(0);
    expect(races((base) => base)).to.be.above(0);
  });
});

describe('a list that is mapped again', () => {
  const explored = exploreSchedules({ scenario: 'list-again' });

  it('finding: is compared with the owner of the slot whose address it had, without a lock', () => {
    const races = explored.failures.map(({ kind, what }) => `${kind}: ${what}`);
    expect(races.join('\n')).to.match(
      /^data-race: read of io_buffer_slot\.orig_buffer at io-buffer-pool\.ts:\d+ by CPU 0, write of io_buffer_slot\.orig_buffer/,
    );
  });

  it('has its bytes reach the device in each order all the same', () => {
    expect(new Set(explored.failures.map(({ kind }) => kind))).to.deep.equal(
      new Set(['data-race']),
    );
    const { complete, failures } = exploreSchedules({ scenario: 'list' });
    expect([complete, failures]).to.deep.equal([true, []]);
  });

  it('has them in all orders, and no race, where orig_buffer is marked', () => {
    const { complete, failures } = exploreSchedules({ scenario: 'list-again', derived: MARKED });
    expect([complete, failures]).to.deep.equal([true, []]);
  });
});

describe('a device that leaves its virtio-iommu domain and comes back', () => {
  it('finding: reaches a page that is free, since it is not counted while mappings are replayed', () => {
    const { failures } = exploreSchedules({ scenario: 'virtio-return' });
    const { schedule } = failures.find(({ kind }) => kind === 'device-sees-freed') ?? {
      schedule: '',
    };
    const { steps } = replaySchedule(schedule);
    const places = steps.map(({ thread, operation, place }) => `${thread}: ${operation}, ${place}`);
    // The eviction work takes the mapping that was just replayed out of the tree, reads a count of 0, and asks for nothing.
    const read = places.findIndex((one) => /^evict.*: read, virtio-iommu/.test(one));
    const counted = places.findLastIndex((one) => one.startsWith('CPU 0: write, virtio-iommu'));
    expect(read).to.be.greaterThan(0);
    expect(counted).to.be.greaterThan(read);
  });

  for (const scenario of ['virtio-detach', 'virtio-return'])
    it(`reaches none in any order of ${scenario} with count-answered`, () => {
      const virtio_iommu_c = countAnsweredMarked(MARKED.virtio_iommu_c as never);
      const derived = { ...MARKED, virtio_iommu_c };
      const { complete, failures } = exploreSchedules({ scenario, derived });
      expect([complete, failures]).to.deep.equal([true, []]);
    });

  it('leaves with that fix a race on the count that nobody marks, and nothing else', () => {
    const virtio_iommu_c = countAnswered(DERIVED.virtio_iommu_c as never);
    const derived = { ...DERIVED, virtio_iommu_c };
    const { failures } = exploreSchedules({ scenario: 'virtio-detach', derived });
    expect(new Set(failures.map(({ kind }) => kind))).to.deep.equal(new Set(['data-race']));
  });
});
