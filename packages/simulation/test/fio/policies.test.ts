// SPDX-License-Identifier: GPL-2.0-only
// Every policy on the same jobs: what is charged, what is copied, how long pages stay reachable; and the data arrives.

import { expect } from 'chai';
import { job, runJobs } from '../../src/testing';
import { PRESET_NAMES } from '../../src/cost';
import { POLICIES } from '../../src/policies';
import type { RunResult } from '../../src/sim';

const LONG = process.env['TEST_LONG'] === '1';
const TICK = 4e6;
const IOS = LONG ? 1500 : 600;
/** More than the 64 that are out at once, so that buffers and slots are used again. */
const MIXED_IOS = LONG ? 600 : 200;
const mixed = job({ rw: 'randrw', bs: '16k', numberIos: String(MIXED_IOS) });
const reads = job({ bs: '4k', numberIos: String(IOS) });

const runs = new Map<string, RunResult>();

/** A policy's run of the reads; made once, it is only read. */
function run(name: string): RunResult {
  const result = runs.get(name) ?? runJobs(name, [reads]);
  runs.set(name, result);
  return result;
}

describe('every policy @long', function () {
  this.timeout(60_000);

  for (const policy of POLICIES)
    for (const preset of PRESET_NAMES)
      it(`${policy.name} moves all bytes and leaves nothing behind, ${preset}`, () => {
        const result = runJobs(policy, [mixed], { preset });
        const { leaks, data } = result;
        expect(leaks).to.deep.equal([]);
        expect(data).to.deep.equal({ pages_checked: 4 * MIXED_IOS, pages_wrong: 0, faults: 0 });
        expect(result.ios).to.equal(MIXED_IOS);
      });

  it('finds bytes that went astray', () => {
    const result = runJobs('strict', [reads], {
      change: (device) => ({
        ...device,
        translate: (address, write) => device.translate(address, write) + 8 * 4096,
      }),
    });
    expect(result.data?.pages_wrong).to.be.above(0);
  });

  it('finds a translation that is missing', () => {
    const result = runJobs('strict', [reads], {
      change: (device) => ({ ...device, translate: () => -1 }),
    });
    expect(result.data?.faults).to.equal(IOS);
  });
});

describe('a policy', function () {
  this.timeout(60_000);

  it('none charges nothing for mapping and protects nothing @long', () => {
    const { map_ns_per_gb, unmap_ns_per_gb, iommu_requests, stale_max_ns } = run('none');
    expect([map_ns_per_gb, unmap_ns_per_gb, iommu_requests]).to.deep.equal([0, 0, 0]);
    expect(stale_max_ns).to.equal(null);
  });

  it('strict leaves no page reachable after its unmap, and neither does the pool @long', () => {
    expect(run('strict').stale_max_ns).to.equal(0);
    expect(run('pool').stale_max_ns).to.equal(0);
  });

  it('lazy leaves pages reachable for 10 ms, the single large queue for a second, as the timer wheel rounds them @long', () => {
    expect(run('lazy').stale_max_ns).to.be.within(1, 4 * TICK);
    expect(run('lazy-large').stale_max_ns).to.be.within(100e6, 1000e6 + 8 * TICK);
  });

  it('tells what was reachable while there was traffic from what waited for a timer behind it @long', () => {
    const { stale_busy_max_ns, stale_busy_mean_ns, stale_max_ns } = run('lazy-large');
    // The next map carries the unmap out.
    expect(stale_busy_max_ns).to.be.within(1, 1e6);
    expect(stale_busy_mean_ns).to.be.within(1, stale_busy_max_ns ?? 0);
    expect(stale_max_ns).to.be.above(100e6);
    expect(run('strict')).to.include({ stale_busy_max_ns: 0, stale_busy_mean_ns: 0 });
    expect(run('none')).to.include({ stale_busy_max_ns: null, stale_busy_mean_ns: null });
  });

  it('lazy-large flushes on bare metal when its queue is full, and a page waits half of that', () => {
    // The first round: later ones find their addresses in the cache and are shorter.
    const many = job({ bs: '4k', numberIos: '33500' });
    const full = runJobs('lazy-large', [many], { preset: 'bare-metal-vtd', data: false });
    const roundNs = (32_767 * 1e9) / full.iops;
    expect(full.stale_busy_max_ns).to.be.closeTo(roundNs, 0.05 * roundNs);
    expect(full.stale_busy_mean_ns).to.be.closeTo(roundNs / 2, 0.05 * roundNs);
  });

  it('lazy moves the wait for the host from the unmap to the map on virtio-iommu @long', () => {
    const strict = run('strict');
    const lazy = run('lazy');
    expect(lazy.unmap_ns_per_gb).to.be.below(strict.unmap_ns_per_gb / 20);
    expect(lazy.map_ns_per_gb).to.be.above(strict.map_ns_per_gb);
    expect(lazy.unmap_requests + lazy.requests_when_idle).to.equal(IOS);
  });

  it('swiotlb-force copies each read twice on unmap, as 5.13 does @long', () => {
    const result = run('swiotlb-force');
    expect(result.copied_bytes).to.equal(2 * IOS * 4096);
    expect(result.reserved_bounce_bytes).to.equal(64 * 2 ** 20);
  });

  it('swiotlb-dynamic copies each read in and out, and grows when it is full @long', () => {
    const small = run('swiotlb-dynamic');
    expect(small.copied_bytes).to.equal(2 * IOS * 4096);
    expect(small.peak_bounce_bytes).to.equal(4 * 2 ** 20);
    const large = runJobs('swiotlb-dynamic', [job({ bs: '128k', numberIos: '500' })]);
    expect(large.peak_bounce_bytes).to.be.above(8 * 2 ** 20 - 1);
    expect(large.mapping_failures).to.equal(0);
  });

  it('swiotlb-force puts submissions off when its 64 MiB are full @long-only', () => {
    const result = runJobs('swiotlb-force', [
      job({ bs: '128k', iodepth: '1024', numberIos: '2000' }),
    ]);
    expect(result.mapping_failures).to.be.above(0);
    expect(result.ios).to.equal(2000);
    expect(result.peak_bounce_bytes).to.be.at.most(64 * 2 ** 20);
  });

  it('swiotlb-untrusted bounces what does not fill its pages, and only that @long', () => {
    expect(run('swiotlb-untrusted').copied_bytes).to.equal(0);
    const small = runJobs('swiotlb-untrusted', [job({ bs: '512', numberIos: '300' })]);
    expect(small.copied_bytes).to.be.at.least(300 * 512);
    expect(small.leaks).to.deep.equal([]);
  });
});
