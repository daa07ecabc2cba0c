// SPDX-License-Identifier: GPL-2.0-only
// A run taken apart by cost parameters, put together with others, held against a run with those others.

import { expect } from 'chai';
import fc from 'fast-check';
import { job, runJobs } from '../../src/testing';
import {
  COST_PARAMETERS,
  type CostName,
  type CostParameters,
  type PresetName,
  preset,
} from '../../src/cost';
import { poolWithFixes } from '../../src/policies';
import { cpuNs, equalAt, priceOf } from '../../src/sensitivity';
import type { RunResult } from '../../src/sim';

const LONG = process.env['TEST_LONG'] === '1';

function runWith(policy: string, machine: PresetName, cost: CostParameters, bs: string): RunResult {
  return runJobs(policy, [job({ rw: 'read', bs, numberIos: LONG ? '1500' : '600' })], {
    preset: machine,
    cost: { ...cost },
    data: false,
  });
}

describe('priceOf', function () {
  this.timeout(60_000);

  it('tells the CPU time of the same jobs with other costs @long-only', () => {
    const changed = COST_PARAMETERS.filter(({ name }) => !name.startsWith('nvme'));
    fc.assert(
      fc.property(
        fc.constantFrom('strict', 'lazy-large', 'pool'),
        fc.constantFrom<PresetName>('laptop-virtio', 'bare-metal-vtd'),
        fc.constantFrom('4k', '32k'),
        fc.constantFrom(...changed),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (policy, machine, bs, { name, min, max }, at) => {
          const cost = preset(machine);
          const other = { ...cost, [name]: min * (max / min) ** at };
          const told = cpuNs(priceOf(runWith(policy, machine, cost, bs), cost, true), other);
          const real = runWith(policy, machine, other, bs);
          // An interrupt that finds more or fewer I/Os done is all that may differ, and a flush that comes sooner.
          const slack = 0.03 * real.cpu_ns_per_io.total + other.interruptNs;
          expect(told).to.be.closeTo(real.cpu_ns_per_io.total, slack);
        },
      ),
      { numRuns: LONG ? 25 : 4 },
    );
  });

  it('refuses a run with a charge that it cannot place', () => {
    const cost = preset('laptop-virtio');
    const run = runJobs(
      poolWithFixes('zero-slack'),
      [job({ rw: 'read', bs: '8k', numberIos: '500' })],
      {
        cost: { ...cost },
        data: false,
      },
    );
    expect(() => priceOf(run, cost, true)).to.throw(/parts are/);
  });
});

describe('equalAt @long', function () {
  this.timeout(60_000);

  it('is where both take the same time', () => {
    const cost = preset('bare-metal-vtd');
    const [a, b] = ['lazy-large', 'pool'].map((policy) =>
      priceOf(runWith(policy, 'bare-metal-vtd', cost, '16k'), cost, true),
    );
    if (!a || !b) throw new Error('two runs');
    const found: CostName[] = [];
    for (const { name } of COST_PARAMETERS) {
      const value = equalAt(a, b, cost, name);
      if (value === null) continue;
      found.push(name);
      const there = { ...cost, [name]: value };
      expect(cpuNs(a, there), name).to.be.closeTo(cpuNs(b, there), 1e-6);
    }
    expect(found).to.include.members(['iovaTreeNs', 'copyColdBytesPerS', 'iommuUnmapPageNs']);
    expect(found).to.not.include('vmexitNs');
  });
});
