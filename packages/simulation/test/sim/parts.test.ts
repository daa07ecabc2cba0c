// SPDX-License-Identifier: GPL-2.0-only
// The parts of the simulation, each by itself.

import { expect } from 'chai';
import { preset } from '../../src/cost';
import { Nvme, Occupancy, StaleClock } from '../../src/sim';

describe('the drive', () => {
  const drive = (changes: object): Nvme =>
    new Nvme({ ...preset('laptop-virtio'), nvmeQueueDepth: 1023, nvmeBytesPerS: 1e9, ...changes });

  it('starts I/Os at its rate and ends them a latency later', () => {
    const nvme = drive({ nvmeIops: 1e5, nvmeBytesPerS: 1e9, nvmeLatencyNs: 50_000 });
    expect(nvme.submit(0, 512)).to.equal(60_000);
    expect(nvme.submit(0, 512)).to.equal(70_000);
    expect(nvme.submit(200_000, 100_000)).to.equal(350_000);
  });

  it('takes queueDepth I/Os, and the next when one is done', () => {
    const nvme = drive({ nvmeIops: 5e5, nvmeLatencyNs: 20_000, nvmeQueueDepth: 2 });
    const done = [1, 2, 3].map(() => nvme.submit(0, 512));
    expect(done).to.deep.equal([22_000, 24_000, 44_000]);
  });
});

describe('stale mappings', () => {
  const unmap = (stale: StaleClock, address: number, at: number): void => {
    stale.begin(address);
    stale.returned(stale.unmapped(), at);
  };

  it('are counted from the unmap until the host forgets them', () => {
    const stale = new StaleClock();
    unmap(stale, 0x1000, 10);
    unmap(stale, 0x2000, 20);
    stale.gone(stale.forgets(0x1000), 110);
    expect([stale.longest, stale.pending()]).to.deep.equal([100, 1]);
    stale.gone(stale.forgetsNext(), 500);
    expect(stale.forgetsNext()).to.equal(-1);
    expect([stale.longest, stale.pending()]).to.deep.equal([480, 0]);
    expect(stale.mean()).to.equal((100 + 480) / 2);
  });

  it('are none where the host forgets within the unmap', () => {
    const stale = new StaleClock();
    stale.begin(0x1000);
    expect(stale.forgets(0x1000)).to.equal(-1);
    expect(stale.unmapped()).to.equal(-1);
    expect([stale.longest, stale.pending()]).to.deep.equal([0, 0]);
  });

  it('are counted where the host forgets only parts of earlier ones within the unmap', () => {
    // Lazy mode on virtio-iommu: a full queue sends the requests of an earlier mapping of three pages.
    const stale = new StaleClock();
    unmap(stale, 0x10000, 10);
    stale.begin(0x20000);
    stale.gone(stale.forgets(0x10000), 15);
    for (const page of [0x11000, 0x12000]) expect(stale.forgets(page)).to.equal(-1);
    const number = stale.unmapped();
    expect(number).to.equal(1);
    stale.returned(number, 20);
    stale.gone(stale.forgets(0x20000), 100);
    expect([stale.longest, stale.pending()]).to.deep.equal([80, 0]);
  });

  it('are none where another CPU flushes before the unmap returns', () => {
    const stale = new StaleClock();
    stale.begin(0x1000);
    const number = stale.unmapped();
    stale.gone(stale.forgetsNext(), 50);
    stale.returned(number, 60);
    expect([stale.longest, stale.pending(), stale.mean()]).to.deep.equal([0, 0, 0]);
  });

  it('may be over in another order than they began', () => {
    const stale = new StaleClock();
    // Anywhere in their pages: the host forgets whole ones.
    for (let i = 0; i < 3; i++) unmap(stale, i * 0x1000 + 100 * i, i);
    const [a, b, c] = [stale.forgets(0), stale.forgets(0x1000), stale.forgets(0x2000)] as const;
    for (const [i, at] of [
      [c, 12],
      [a, 30],
      [b, 31],
    ] as const)
      stale.gone(i, at);
    expect([stale.longest, stale.pending(), stale.mean()]).to.deep.equal([
      30,
      0,
      (10 + 30 + 30) / 3,
    ]);
  });

  it('can be many', () => {
    const stale = new StaleClock();
    for (let i = 0; i < 5000; i++) {
      unmap(stale, i * 0x1000, i);
      if (i % 3 === 0) stale.gone(stale.forgets((i / 3) * 0x1000), i);
    }
    expect(stale.pending()).to.equal(5000 - 1667);
    expect(stale.longest).to.equal(4998 - 1666);
  });
});

describe('occupancy over time', () => {
  it('keeps the highest level of each interval in a bounded number of samples', () => {
    const curve = new Occupancy();
    for (let ms = 0; ms < 1000; ms++) curve.set(ms * 1e6, ms === 700 ? 9000 : 1000 + (ms % 2));
    curve.set(1e9, 0);
    const { interval_ns, bytes } = curve.curve();
    expect(bytes.length).to.be.within(128, 256);
    expect(interval_ns * bytes.length).to.be.within(1e9, 1.1e9);
    expect(Math.max(...bytes)).to.equal(9000);
    expect(bytes.indexOf(9000)).to.equal(Math.floor(700e6 / interval_ns));
    expect(curve.peak).to.equal(9000);
    expect(curve.mean(2e9)).to.be.within(500, 510);
  });
});
