// SPDX-License-Identifier: GPL-2.0-only
// Many devices: what the pool holds follows the load, what is set aside does not, and what stays whatever the load.

import { expect } from 'chai';
import {
  type ApproachFigures,
  DEVICE_COUNTS,
  type DeviceCountFigures,
  type DevicesDocument,
  LOAD_NS,
  SLOT_BYTES,
  devicesExperiment,
  devicesOf,
  kmallocBytes,
  tlbAreaFor,
} from '../../src/scenarios';
import { MACHINE } from '../../src/testing';

const LONG = process.env['TEST_LONG'] === '1';
/** 256 devices take most of the time. */
const COUNTS: readonly number[] = LONG ? DEVICE_COUNTS : [16];
const FEW = LONG ? 16 : 1;
const MOST = COUNTS.at(-1) ?? 0;
const MIB = 2 ** 20;
/** 1,025 buffers of 4, 16 and 128 KiB: one more than there are slots, for alignment. */
const IOVA_BYTES = 1025 * (4 + 16 + 128) * 1024;

describe('fio --scenario devices @long', function () {
  this.timeout(400_000);
  let document: DevicesDocument;
  const at = (domains: number): DeviceCountFigures => {
    const found = document.counts.find((c) => c.domains === domains);
    if (!found) throw new Error(`no ${String(domains)} devices`);
    return found;
  };
  const of = (domains: number, name: ApproachFigures['approach']): ApproachFigures => {
    const found = at(domains).approaches.find(({ approach }) => approach === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };

  before(() => {
    document = devicesExperiment(MACHINE, undefined, COUNTS);
  });

  it('has a row of figures for each count of devices', () => {
    expect(document.counts.map(({ domains }) => domains)).to.deep.equal(COUNTS);
    expect(DEVICE_COUNTS).to.deep.equal([1, 16, 256]);
  });

  it('has most devices idle and some plugged in while it runs', () => {
    expect(at(MOST).idle).to.be.above(LONG ? 200 : 2);
    expect(document.counts.map((c) => c.plugged_late)).to.deep.equal(LONG ? [0, 4, 16] : [4]);
    for (const c of document.counts) expect(1 + c.bursts + c.idle).to.equal(c.domains);
  });

  it('moves every byte right, finds room for every mapping and leaks nothing', () => {
    for (const { runs } of document.counts)
      for (const run of runs) {
        expect(run.data?.pages_checked).to.be.above(100_000);
        expect(run.data).to.include({ pages_wrong: 0, faults: 0 });
        expect(run.leaks).to.deep.equal([]);
        expect(run.mapping_failures).to.equal(0);
      }
  });

  it('has the pool’s memory back at 0 ten seconds after the load, part of it before', () => {
    for (const domains of COUNTS) {
      const { after, peak_bytes } = of(domains, 'pool').memory;
      expect(after.at(-1)?.bytes).to.equal(0);
      expect(after[0]?.bytes).to.be.above(0).and.at.most(peak_bytes);
      for (const [i, look] of after.entries())
        expect(look.bytes).to.be.at.most(after[i - 1]?.bytes ?? peak_bytes);
    }
    const levels = of(MOST, 'pool').memory.after.map(({ bytes }) => bytes);
    expect(levels.some((bytes) => bytes > 0 && bytes < (levels[0] ?? 0))).to.equal(true);
  });

  it('has the pool hold what its own code allocated: buffers of 128 KiB for bursts of 64 KiB', () => {
    if (LONG) expect(of(1, 'pool').memory.peak_bytes % 16384).to.equal(0);
    // 16 at a time, each in the class above.
    expect(of(16, 'pool').memory.peak_bytes).to.be.within(12 * 2 * MIB, 12 * 2 * MIB + MIB);
    if (LONG)
      expect(of(256, 'pool').memory.peak_bytes).to.be.within(24 * 2 * MIB, 24 * 2 * MIB + MIB);
  });

  it('has a global area of 64 MiB that is constant, whatever the load', () => {
    for (const domains of COUNTS) {
      const { memory } = of(domains, 'global');
      expect(memory.peak_bytes).to.equal(64 * MIB);
      expect(memory.mean_bytes).to.equal(64 * MIB);
      expect(memory.after.map(({ bytes }) => bytes)).to.deep.equal(
        memory.after.map(() => 64 * MIB),
      );
      expect(memory.source).to.equal('run');
    }
  });

  it('labels what is arithmetic, and makes areas of whole sets of slots', () => {
    for (const domains of COUNTS)
      for (const name of ['global-needed', 'per-device', 'per-device-alike'] as const) {
        const { memory } = of(domains, name);
        expect(memory.source).to.equal('arithmetic');
        expect(memory.peak_bytes % (256 * 1024)).to.equal(0);
        expect(memory.array_bytes).to.equal((memory.peak_bytes / 2048) * 24);
      }
    expect(of(16, 'pool').memory.source).to.equal('run');
  });

  it('needs more with an area for each device than with one for all, most if each is as large as the largest', () => {
    for (const domains of COUNTS.filter((count) => count > 1)) {
      const [one, each, alike] = (['global-needed', 'per-device', 'per-device-alike'] as const).map(
        (name) => of(domains, name).memory.peak_bytes,
      );
      expect(each).to.be.above(one ?? Infinity);
      expect(alike).to.be.above(each ?? Infinity);
      expect((alike ?? 0) % domains).to.equal(0);
    }
  });

  it('counts slot arrays and addresses for each domain, idle or not', () => {
    expect(kmallocBytes(1024 * SLOT_BYTES)).to.equal(65536);
    for (const domains of COUNTS) {
      expect(of(domains, 'pool').memory.array_bytes).to.equal(domains * 3 * 65536);
      expect(of(domains, 'pool').iova_reserved_bytes).to.equal(domains * IOVA_BYTES);
      expect(of(domains, 'global').iova_reserved_bytes).to.equal(0);
    }
  });

  it('adds no request when a device is plugged in, only time for arrays and addresses', () => {
    const { setup } = of(16, 'pool');
    expect([setup.requests, setup.requests_added]).to.deep.equal([2, 0]);
    const { vmexitNs, vmmRequestNs } = MACHINE.cost;
    expect(setup.request_ns).to.be.closeTo(2 * (vmexitNs + vmmRequestNs), 1e-6);
    expect(setup.array_ns).to.be.above(48 * MACHINE.cost.pageAllocNs);
    expect(of(16, 'global').setup.requests).to.equal(0);
    expect(of(16, 'per-device').setup.hotplug).to.equal(false);
  });

  if (LONG)
    it('is the same for the same seed', () => {
      expect(devicesExperiment(MACHINE, undefined, [FEW]).counts).to.deep.equal([at(FEW)]);
    });

  it('runs on bare metal, without data', function () {
    if (!LONG) this.skip();
    const { counts } = devicesExperiment(
      { ...MACHINE, preset: 'bare-metal-vtd', moveData: false },
      undefined,
      [FEW],
    );
    expect(counts[0]?.runs.map(({ data, leaks }) => [data, leaks])).to.deep.equal([
      [null, []],
      [null, []],
    ]);
    expect(counts[0]?.approaches[0]?.memory.after.at(-1)?.bytes).to.equal(0);
  });
});

describe('the plan of devices', () => {
  it('has one busy device, and all that happens within the load', () => {
    for (const count of [1, 2, 3, 5, 16, 64, 256]) {
      const devices = devicesOf(count);
      expect(devices).to.have.length(count);
      expect(devices.filter(({ job }) => job?.runtimeNs === LOAD_NS)).to.have.length(1);
      for (const { pluggedAt, from } of devices) {
        expect(from).to.be.below(LOAD_NS);
        if (pluggedAt !== null) expect(pluggedAt).to.be.above(0).and.below(from);
      }
    }
  });

  it('rounds areas up to sets of 128 slots', () => {
    expect([0, 1, 262144, 262145].map(tlbAreaFor)).to.deep.equal([262144, 262144, 262144, 524288]);
  });
});
