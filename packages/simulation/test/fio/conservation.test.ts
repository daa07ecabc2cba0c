// SPDX-License-Identifier: GPL-2.0-only
// What must hold for any run: nothing is lost between the parts of a sum, no limit is passed, more cost is not faster.

import { expect } from 'chai';
import fc from 'fast-check';
import { job, runJobs } from '../../src/testing';
import { COST_PARAMETERS, type PresetName, isRate, preset } from '../../src/cost';
import type { LayoutName } from '../../src/jobs';
import type { RunResult } from '../../src/sim';

const LONG = process.env['TEST_LONG'] === '1';

interface Case {
  readonly policy: string;
  readonly machine: PresetName;
  readonly layout: LayoutName;
  readonly rw: string;
  readonly kib: number;
  readonly iodepth: number;
  readonly numjobs: number;
  readonly cpus: number;
  readonly seed: number;
}

const POLICIES = ['none', 'strict', 'lazy', 'lazy-large', 'swiotlb-force', 'pool'];

const cases = (policies = POLICIES, sizes = [4, 8, 16, 32, 64, 128]): fc.Arbitrary<Case> =>
  fc.record({
    policy: fc.constantFrom(...policies),
    machine: fc.constantFrom<PresetName>('laptop-virtio', 'bare-metal-vtd', 'bare-metal-smmuv3'),
    layout: fc.constantFrom<LayoutName>('contiguous', 'thp', 'fresh', 'fragmented'),
    rw: fc.constantFrom('read', 'write', 'randrw'),
    kib: fc.constantFrom(...sizes),
    iodepth: fc.constantFrom(1, 2, 16, 64),
    numjobs: fc.integer({ min: 1, max: 12 }),
    cpus: fc.integer({ min: 1, max: 12 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  });

const IOS = LONG ? 300 : 150;

function runCase(c: Case, cost: Readonly<Record<string, number>> = {}, data = false): RunResult {
  const { policy, machine, layout, rw, kib, iodepth, numjobs, cpus, seed } = c;
  const jobs = [
    job({
      ...{ rw, bs: `${String(kib)}k`, iodepth: String(iodepth) },
      ...{ numjobs: String(numjobs), numberIos: String(IOS) },
    }),
  ];
  const costs = { ...preset(machine), ...cost };
  return runJobs(policy, jobs, { layout, cpus, seed, data, preset: machine, cost: costs });
}

function sum(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((s, x) => s + x, 0);
}

describe('any run @long', function () {
  this.timeout(400_000);
  const most = (x: number): number => x * (1 + 1e-9);

  it('adds up, and passes no limit of the machine', () => {
    fc.assert(
      fc.property(cases(), (c) => {
        const run = runCase(c);
        const cost = preset(c.machine);
        const { total, by_cause, by_phase, map, unmap } = run.cpu_ns_per_io;
        expect(run.ios).to.equal(IOS * c.numjobs);
        expect(run.bytes).to.equal(run.ios * c.kib * 1024);
        expect(run.leaks).to.deep.equal([]);

        expect(sum(by_cause)).to.be.closeTo(total, 1e-6 * total);
        expect(sum(by_phase)).to.be.closeTo(total, 1e-6 * total);
        const perGb = run.ios / (run.bytes / 1e9);
        expect(run.map_ns_per_gb).to.be.closeTo(sum(map) * perGb, 1e-6 * run.map_ns_per_gb + 1e-6);
        expect(run.unmap_ns_per_gb).to.be.closeTo(
          sum(unmap) * perGb,
          1e-6 * run.unmap_ns_per_gb + 1e-6,
        );
        expect(run.cpus_busy * run.elapsed_ns).to.be.closeTo(total * run.ios, 1e-3 * total);
        expect(run.cpus_busy).to.be.at.most(most(Math.min(c.cpus, c.numjobs)));
        expect(by_cause.lockWait * run.ios).to.be.closeTo(
          run.locks.reduce((ns, { wait_ns }) => ns + wait_ns, 0),
          1,
        );

        expect(run.iops).to.be.at.most(most(cost.nvmeIops));
        expect(run.bandwidth_bytes_per_s).to.be.at.most(most(cost.nvmeBytesPerS));
        // Little: no more are out than fio keeps out; each takes at least what the drive takes.
        const { p50, p99, p999, mean, max } = run.latency_ns;
        expect((run.iops * mean) / 1e9).to.be.at.most(c.iodepth * c.numjobs * 1.001);
        expect(mean).to.be.at.least(cost.nvmeLatencyNs);
        expect([p50, p99, p999, max]).to.deep.equal([p50, p99, p999, max].sort((a, b) => a - b));
      }),
      { numRuns: LONG ? 30 : 4 },
    );
  });

  it('sends one UNMAP for each I/O under strict, and evicts all that the pool filled', () => {
    fc.assert(
      fc.property(cases(['strict', 'pool']), (given) => {
        const c = { ...given, machine: 'laptop-virtio' as const };
        const run = runCase(c);
        if (c.policy === 'strict') {
          expect(run.unmap_requests).to.equal(run.ios);
          expect(run.map_requests).to.be.at.least(run.ios);
          expect(run.requests_when_idle).to.equal(0);
        } else {
          expect(run.pool_mappings).to.equal(run.ios);
          expect(run.plain_mappings, 'fills').to.equal(run.map_requests);
          expect(run.unmap_requests + run.requests_when_idle).to.equal(run.map_requests);
          expect(run.copied_bytes).to.equal(run.bytes);
        }
      }),
      { numRuns: LONG ? 15 : 2 },
    );
  });

  it('takes the same time whether bytes are moved or not', () => {
    fc.assert(
      fc.property(cases(), (c) => {
        const { data, ...moved } = runCase(c, {}, true);
        const { data: none, ...rest } = runCase(c);
        expect(rest).to.deep.equal(moved);
        expect(none).to.equal(null);
        expect(data).to.include({ pages_wrong: 0, faults: 0 });
      }),
      { numRuns: LONG ? 10 : 2 },
    );
  });

  it('works no less where a step costs more, and is no faster where nobody else is there', () => {
    const changed = COST_PARAMETERS.filter(({ name }) => name !== 'nvmeQueueDepth');
    fc.assert(
      fc.property(
        cases(),
        fc.boolean(),
        fc.constantFrom(...changed),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, alone, { name, min, max }, x, y) => {
          // On several CPUs it is no law: those that waited for a lock together go on together, and meet again.
          const c = { ...given, cpus: 1, ...(alone ? { numjobs: 1, iodepth: 1 } : {}) };
          const at = (share: number): RunResult =>
            runCase(c, { [name]: min * (max / min) ** share });
          const [low, high] = [at(Math.min(x, y)), at(Math.max(x, y))];
          const [worse, better] = isRate(name) ? [low, high] : [high, low];
          // How many I/Os one interrupt completes depends on when they end, so neither the number of interrupts nor,
          // with several I/Os out, the time of all has an order: 1.5 % more work took 3.5 % less time.
          const work = ({ cpu_ns_per_io: { total, by_cause } }: RunResult): number =>
            total - by_cause.interrupt;
          // A drive that is slower has no step of the CPU's that costs more; timers run more often beside it.
          if (!name.startsWith('nvme'))
            expect(work(better), name).to.be.at.most(work(worse) * 1.02);
          if (alone) expect(better.elapsed_ns, name).to.be.at.most(most(worse.elapsed_ns));
        },
      ),
      { numRuns: LONG ? 30 : 3 },
    );
  });
});
