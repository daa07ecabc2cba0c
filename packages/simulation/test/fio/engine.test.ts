// SPDX-License-Identifier: GPL-2.0-only
// The closed loop: what bounds it, who waits for whom, and that it is the same every time.

import { expect } from 'chai';
import { newLayout } from '../../src/jobs';
import { policiesNamed } from '../../src/policies';
import { COSTS, job, runJobs } from '../../src/testing';
import { type RunResult, needsOf, simulate } from '../../src/sim';

const LONG = process.env['TEST_LONG'] === '1';

const lockOf = (run: RunResult, name: string): RunResult['locks'][number] | undefined =>
  run.locks.find((lock) => lock.name === name);

describe('the closed loop', function () {
  this.timeout(60_000);

  it('holds no lock for longer than there is time, however many CPUs want it @long-only', () => {
    for (const cpus of [8, 16, 32]) {
      const run = runJobs(
        'strict',
        [
          job({
            ...{ rw: 'read', bs: '128k', iodepth: '8' },
            ...{ numjobs: String(cpus), numberIos: LONG ? '300' : '30' },
          }),
        ],
        { cpus, data: false },
      );
      const lock = lockOf(run, 'virtio-iommu requests');
      if (!lock) throw new Error('no such lock');
      const share = lock.held_ns / run.elapsed_ns;
      expect(share, `${String(cpus)} CPUs`).to.be.within(0.98, 1);
      expect(run.iops).to.be.at.most((1e9 / (lock.held_ns / run.ios)) * (1 + 1e-9));
      // Each waits for about all others.
      expect(lock.wait_ns / lock.waits / (lock.held_ns / lock.taken)).to.be.within(
        0.8 * (cpus - 1),
        1.2 * (cpus - 1),
      );
    }
  });

  it('maps one piece of at most 8 KiB as a page and all else as a list, as the NVMe driver does', () => {
    for (const [bs, lists] of [
      ['4k', 0],
      ['8k', 0],
      ['16k', 50],
    ] as const) {
      let calls = 0;
      runJobs('strict', [job({ bs, numberIos: '50' })], {
        layout: 'contiguous',
        change: (device) => {
          const { dma } = device.k;
          const map = dma.dma_map_sg_attrs.bind(dma);
          dma.dma_map_sg_attrs = (...args) => {
            calls++;
            return map(...args);
          };
          return device;
        },
      });
      expect(calls, bs).to.equal(lists);
    }
  });

  it('runs at the pace of the drive where the CPU has time @long', () => {
    const run = runJobs('none', [job({ bs: '4k', numberIos: LONG ? '5000' : '2000' })]);
    expect(run.iops).to.be.within(0.98 * 100_000, 100_000);
    const large = runJobs('none', [job({ bs: '128k', numberIos: LONG ? '2000' : '1200' })]);
    expect(large.bandwidth_bytes_per_s).to.be.within(0.98 * 1.3e9, 1.3e9);
  });

  it('runs at the pace of the CPU where the drive has time @long', () => {
    const run = runJobs('strict', [job({ bs: '4k', numberIos: LONG ? '5000' : '2000' })]);
    expect(run.cpus_busy).to.be.within(0.99, 1.001);
    expect(1e9 / run.iops).to.be.within(
      run.cpu_ns_per_io.total * 0.99,
      run.cpu_ns_per_io.total * 1.01,
    );
  });

  it('keeps iodepth I/Os out: throughput times latency @long', () => {
    for (const policy of ['strict', 'pool', 'none'])
      for (const iodepth of [1, 16, 64]) {
        const run = runJobs(policy, [
          job({ bs: '4k', numberIos: LONG ? '2000' : '1200', iodepth: String(iodepth) }),
        ]);
        const out = (run.iops * run.latency_ns.mean) / 1e9;
        expect(out, `${policy} ${String(iodepth)}`).to.be.within(0.93 * iodepth, 1.01 * iodepth);
      }
  });

  it('has no more I/Os in the drive than it takes @long', () => {
    const run = runJobs('none', [job({ bs: '4k', numberIos: LONG ? '2000' : '1200' })], {
      cost: { nvmeQueueDepth: 1, nvmeIops: 500_000 },
    });
    expect(1e9 / run.iops).to.be.within(46_000, 48_500);
  });

  it('books every nanosecond to a phase and to a cause @long', () => {
    const { total, by_phase, by_cause } = runJobs('pool', [
      job({ rw: 'randrw', bs: '16k', numberIos: LONG ? '3000' : '500' }),
    ]).cpu_ns_per_io;
    const sum = (of: Readonly<Record<string, number>>): number =>
      Object.values(of).reduce((a, b) => a + b, 0);
    expect(sum(by_phase)).to.be.closeTo(total, 1e-6 * total);
    expect(sum(by_cause)).to.be.closeTo(total, 1e-6 * total);
  });

  it('copies reads on unmap at the cold rate and writes on map at the warm one @long', () => {
    const fixed = COSTS.copyFixedNs;
    const read = runJobs('pool', [
      job({ rw: 'read', bs: '4k', numberIos: LONG ? '2000' : '1200' }),
    ]);
    expect(read.cpu_ns_per_io.unmap.copy).to.be.closeTo(fixed + 4096 / 8, 0.01);
    expect(read.cpu_ns_per_io.map.copy).to.equal(undefined);
    const write = runJobs('pool', [
      job({ rw: 'write', bs: '4k', numberIos: LONG ? '2000' : '1200' }),
    ]);
    expect(write.cpu_ns_per_io.map.copy).to.be.closeTo(fixed + 4096 / 12, 0.01);
    expect(write.cpu_ns_per_io.unmap.copy).to.equal(undefined);
  });

  it('evicts buffers that are not used while it runs, in the time of a CPU', () => {
    const run = runJobs(
      'pool',
      [
        job({ name: 'burst', bs: '4k', numberIos: '64' }),
        job({ name: 'trickle', bs: '4k', iodepth: '1', runtime: '11s' }),
      ],
      { cost: { nvmeLatencyNs: 2_000_000 }, data: false },
    );
    expect(run.peak_bounce_bytes).to.equal(65 * 4096);
    expect(run.unmap_requests).to.be.within(60, 64);
    expect(run.requests_when_idle).to.equal(65 - run.unmap_requests);
    expect(run.mean_bounce_bytes).to.be.below(run.peak_bounce_bytes);
    expect(run.bounce_over_time.bytes.at(-1)).to.be.below(5 * 4096);
    expect(run.cpu_ns_per_io.by_phase.background * run.ios).to.be.above(60 * 5000);
  });

  it('refuses buffers that no machine is simulated with', () => {
    const large = job({ bs: '128k', iodepth: '8192', numberIos: '1' });
    expect(() => runJobs('pool', [large, large])).to.throw(
      /MiB of memory, expected at most 3584 MiB/,
    );
  });

  it('ends at the first of number_ios, size and runtime', () => {
    expect(runJobs('none', [job({ bs: '4k', size: '1m' })]).ios).to.equal(256);
    expect(runJobs('none', [job({ bs: '4k', size: '1m', numberIos: '100' })]).ios).to.equal(100);
    const timed = runJobs('none', [job({ bs: '4k', runtime: '100ms' })]);
    expect(timed.elapsed_ns).to.be.within(100e6, 101e6);
  });

  it('takes sizes and directions from the job @long', () => {
    const run = runJobs('strict', [
      job({ rw: 'randrw', bssplit: '4k/50:32k/50', numberIos: LONG ? '4000' : '2000' }),
    ]);
    expect(run.bytes / run.ios).to.be.within(17_000, 20_000);
  });
});

describe('simulate', () => {
  it('refuses to move data on memory without bytes', () => {
    const [policy] = policiesNamed('strict');
    const jobs = [job({ bs: '4k', numberIos: '20' })];
    const layout = newLayout('fresh', 1);
    const needs = needsOf(jobs, 1, layout);
    const platform = { iommu: 'virtio-iommu', cost: COSTS } as const;
    const device = policy?.boot(platform, { ...needs, bytes: false }) ?? expect.fail();
    const run = (moveData: boolean): unknown =>
      simulate(device, jobs, needs, { cpus: 1, seed: 1, moveData, layout });
    expect(() => run(true)).to.throw('moveData: the machine was booted without bytes');
    expect(run(false)).to.have.property('data', null);
  });
});

describe('several jobs', function () {
  this.timeout(60_000);
  const jobs = (n: number): RunResult =>
    runJobs('strict', [job({ bs: '4k', numberIos: '1500', numjobs: String(n) })], {
      cpus: 8,
    });

  it('wait for the request lock of virtio-iommu, and more of them longer', () => {
    const waits = [1, 2, 8].map((n) => {
      const run = jobs(n);
      const lock = lockOf(run, 'virtio-iommu requests');
      return (lock?.wait_ns ?? 0) / run.ios;
    });
    expect(waits[0]).to.equal(0);
    expect(waits[1]).to.be.above(100);
    expect(waits[2]).to.be.above(5 * (waits[1] ?? Infinity));
  });

  it('get no further than the lock lets them: eight jobs are no faster than three', () => {
    const [three, eight] = [jobs(3), jobs(8)];
    expect(eight.iops).to.be.below(1.1 * three.iops);
    const held = (lockOf(eight, 'virtio-iommu requests')?.held_ns ?? 0) / eight.elapsed_ns;
    expect(held).to.be.within(0.9, 1.001);
  });

  it('do not wait where the pool serves them, but for its own short locks', () => {
    const run = runJobs('pool', [job({ bs: '4k', numberIos: '1500', numjobs: '8' })], { cpus: 8 });
    // The first fills go to the IOMMU and wait there.
    expect(run.cpu_ns_per_io.by_cause.lockWait).to.be.below(
      jobs(8).cpu_ns_per_io.by_cause.lockWait / 50,
    );
  });
});

describe('a run @long', function () {
  this.timeout(400_000);

  it('is the same every time with the same seed, and another with another', () => {
    const once = (seed: number): string =>
      JSON.stringify(
        runJobs(
          'pool',
          [job({ rw: 'randrw', bssplit: '4k/70:64k/30', numberIos: LONG ? '2000' : '1200' })],
          {
            seed,
          },
        ),
      );
    expect(once(7)).to.equal(once(7));
    expect(once(7)).not.to.equal(once(8));
  });

  it('has the same figures whether bytes are moved or not', () => {
    const of = (data: boolean): object => ({
      ...runJobs('pool', [job({ bs: '16k', numberIos: LONG ? '2000' : '1200' })], { data }),
      data: null,
    });
    expect(of(true)).to.deep.equal(of(false));
  });
});
