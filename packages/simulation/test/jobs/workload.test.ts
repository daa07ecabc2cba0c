// SPDX-License-Identifier: GPL-2.0-only
// The generator of I/Os: shares as the job says, the same for the same seed, and nothing allocated.

import { expect } from 'chai';
import fc from 'fast-check';
import { type FioJob, Workload } from '../../src/jobs';
import { job } from './read';

const MIXED = 'rw=randrw\nrwmixread=70\nbssplit=4k/10:16k/30:64k/60,512/50:8k/50';

function ios(j: FioJob, seed: number, n: number): string[] {
  const workload = new Workload(j, seed);
  return Array.from({ length: n }, () => {
    workload.next();
    return `${workload.isRead ? 'r' : 'w'}${String(workload.bytes)}`;
  });
}

describe('Workload', () => {
  it('draws reads, writes and sizes in the shares of the job, within five standard deviations', () => {
    const n = 100_000;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const counts = new Map<string, number>();
        for (const io of ios(job(MIXED), seed, n)) counts.set(io, (counts.get(io) ?? 0) + 1);
        for (const [io, share] of Object.entries({
          r4096: 0.07,
          r16384: 0.21,
          r65536: 0.42,
          w512: 0.15,
          w8192: 0.15,
        }))
          expect(Math.abs((counts.get(io) ?? 0) - share * n), io).to.be.below(
            5 * Math.sqrt(share * (1 - share) * n),
          );
        expect(counts.size).to.equal(5);
      }),
      { numRuns: 10 },
    );
  });

  it('gives the same I/Os for the same seed, others for another', () => {
    const j = job(MIXED);
    expect(ios(j, 5, 100)).to.deep.equal(ios(j, 5, 100));
    expect(ios(j, 5, 100)).not.to.deep.equal(ios(j, 6, 100));
  });

  it('does only what the job does', () => {
    for (const [options, what] of [
      ['rw=randread\nrwmixread=1\nbs=4k,8k', 'r4096'],
      ['rw=write\nbs=4k,8k', 'w8192'],
      ['rw=rw\nrwmixread=100', 'r4096'],
      ['rw=rw\nrwmixread=0', 'w4096'],
    ] as const)
      expect(new Set(ios(job(options), 1, 1000)), options).to.deep.equal(new Set([what]));
  });

  it('reaches the largest and the smallest size of a range', () => {
    const seen = new Set(ios(job('bsrange=4k-64k'), 3, 2000));
    expect(seen.size).to.equal(16);
    expect([...seen]).to.include.members(['r4096', 'r65536']);
  });

  it('allocates nothing per I/O', () => {
    const workload = new Workload(job(MIXED), 1);
    const draw = (n: number): number => {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < n; i++) workload.next();
      return process.memoryUsage().heapUsed - before;
    };
    draw(100_000);
    // The least of some attempts: whatever else runs in the process allocates too. An object would be 16 bytes or more.
    const least = Math.min(...[1, 2, 3].map(() => Math.abs(draw(200_000))));
    expect(least / 200_000).to.be.below(4);
  });
});
