// SPDX-License-Identifier: GPL-2.0-only
// A network card through the policies: requests, copies and held buffers are those of the ported code; time is a model.

import { expect } from 'chai';
import fc from 'fast-check';
import { policiesNamed } from '../../src/policies';
import {
  type NetDocument,
  type NetExperiment,
  type NetPolicyRun,
  netExperiment,
  nicParameters,
} from '../../src/scenarios';
import { MACHINE } from '../../src/testing';

const LONG = process.env['TEST_LONG'] === '1';
const PACKETS = LONG ? 20_000 : 10_000;

function experiment(changes: Partial<NetExperiment> = {}): NetDocument {
  const { preset, cost, seed, moveData } = MACHINE;
  return netExperiment({
    ...{ preset, cost, seed, moveData },
    shape: 'rx',
    packets: PACKETS,
    policies: policiesNamed('all'),
    nic: nicParameters(),
    ...changes,
  });
}

describe('fio --workload net-rx and net-tx @long', function () {
  this.timeout(400_000);
  const documents = new Map<string, NetDocument>();
  const of = (shape: 'rx' | 'tx', policy: string): NetPolicyRun => {
    const found = documents.get(shape)?.runs.find((run) => run.policy === policy);
    if (!found) throw new Error(`no ${policy}`);
    return found;
  };

  before(() => {
    for (const shape of ['rx', 'tx'] as const) documents.set(shape, experiment({ shape }));
  });

  it('move every packet right under every policy and leak nothing', () => {
    for (const { runs } of documents.values())
      for (const run of runs) {
        expect(run.data, run.policy).to.deep.equal({
          packets_checked: run.packets,
          packets_wrong: 0,
          faults: 0,
        });
        expect(run.leaks, run.policy).to.deep.equal([]);
        expect(run.received + run.sent).to.equal(PACKETS);
      }
  });

  it('receive mostly, or as many as they send', () => {
    expect(of('rx', 'none').sent / of('rx', 'none').received).to.be.closeTo(0.044, 0.01);
    expect(of('tx', 'none').sent / of('tx', 'none').received).to.be.closeTo(1, 0.02);
  });

  it('have the pool hold a buffer for each posted one: 16 KiB for those that cross a page', () => {
    for (const shape of ['rx', 'tx'] as const) {
      const { ring, peak_bounce_bytes } = of(shape, 'pool');
      expect(ring.buffers).to.equal(256);
      // 5 of 21 cross; 61 of the first 256.
      expect(ring.bounce_bytes).to.equal(195 * 4096 + 61 * 16384);
      expect(ring.bytes).to.equal(256 * 1536 + 12 * 512);
      expect(peak_bounce_bytes).to.be.within(ring.bounce_bytes, 1.2 * ring.bounce_bytes);
    }
    // As long as it takes to go round the ring.
    const { ring, packets_per_s, received, packets } = of('rx', 'pool');
    const round = (256 * 1e9) / ((packets_per_s * received) / packets);
    expect(ring.held_ns.p50).to.be.within(0.7 * round, 1.1 * round);
  });

  it('have swiotlb hold a slot of 2 KiB for each', () => {
    expect(of('rx', 'swiotlb-force').ring.bounce_bytes).to.equal(256 * 2048);
    expect(of('rx', 'swiotlb-force').reserved_bounce_bytes).to.equal(64 * 2 ** 20);
  });

  it('take two requests a packet under strict, none without translation, next to none with the pool', () => {
    for (const shape of ['rx', 'tx'] as const) {
      const strict = of(shape, 'strict');
      // Each in one page, or in two adjacent ones that may be one piece.
      expect(strict.iommu_requests / strict.packets).to.be.within(2, 2.5);
      expect(of(shape, 'none').iommu_requests).to.equal(0);
      expect(of(shape, 'pool').iommu_requests / PACKETS).to.be.below(0.03);
      expect(of(shape, 'pool').pool_mappings).to.be.above(PACKETS);
    }
  });

  it('copy once a packet with the pool; swiotlb of 5.13 twice on the unmap of a received one', () => {
    for (const shape of ['rx', 'tx'] as const) {
      expect(of(shape, 'pool').copies / PACKETS).to.be.closeTo(1, 0.01);
      const { copies, received, sent } = of(shape, 'swiotlb-force');
      expect(copies).to.be.closeTo(2 * received + sent, 0.01 * copies);
    }
  });

  it('come in the order none, pool, swiotlb, strict', () => {
    for (const shape of ['rx', 'tx'] as const) {
      const rates = ['none', 'pool', 'swiotlb-force', 'strict'].map(
        (name) => of(shape, name).packets_per_s,
      );
      expect(rates).to.deep.equal([...rates].sort((a, b) => b - a));
    }
  });

  it('leave no page reachable after its unmap under strict and pool, and do under lazy', () => {
    expect(of('rx', 'strict').stale_max_ns).to.equal(0);
    expect(of('rx', 'pool').stale_max_ns).to.equal(0);
    expect(of('rx', 'pool').stale_contents_max_ns).to.be.above(5e9);
    expect(of('rx', 'lazy').stale_max_ns).to.be.above(0).and.below(15e6);
    expect(of('rx', 'none').stale_max_ns).to.equal(null);
  });

  it('are bounded by the link, and pay the time that the meter books', () => {
    for (const { runs, nic } of documents.values())
      for (const run of runs) {
        expect(run.cpu_ns_per_packet.total * run.packets).to.be.at.most(1.0001 * run.elapsed_ns);
        expect(run.bandwidth_bytes_per_s).to.be.below(2.1 * nic.nicBytesPerS);
        const sum = Object.values(run.cpu_ns_per_packet.by_cause).reduce((a, b) => a + b, 0);
        expect(sum).to.be.closeTo(run.cpu_ns_per_packet.total, 1e-6 * sum);
      }
  });

  it('wait for a slow link: the CPU idles and interrupts are taken', () => {
    const [run] = experiment({
      policies: policiesNamed('none'),
      nic: nicParameters(['nicBytesPerS=125000000']),
    }).runs;
    expect(run?.wire_busy).to.be.above(0.95);
    expect(run?.cpu_busy).to.be.below(0.5);
    expect(run?.interrupts).to.be.above(1000);
    expect(run?.bandwidth_bytes_per_s).to.be.closeTo(1.25e8, 0.06e8);
  });

  it('are the same for the same seed, and without data but for the check @long-only', () => {
    const policies = policiesNamed('pool,strict');
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const [a, b, c] = [true, true, false].map((moveData) =>
          experiment({ policies, seed, packets: 2000, moveData }),
        );
        expect(a).to.deep.equal(b);
        const bare = (d: NetDocument | undefined): unknown =>
          d?.runs.map((run) => ({ ...run, data: null }));
        expect(bare(a)).to.deep.equal(bare(c));
      }),
      { numRuns: LONG ? 5 : 1 },
    );
  });
});
