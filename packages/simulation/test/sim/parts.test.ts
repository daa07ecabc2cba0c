// SPDX-License-Identifier: GPL-2.0-only
// The parts of the simulation, each by itself.

import { expect } from 'chai';
import { preset } from '../../src/cost';
import { Cause, Ledger, Nvme, Occupancy, StaleClock, VirtualLock } from '../../src/sim';

/** Takes a lock at a time and holds it. */
function use(ledger: Ledger, lock: VirtualLock, at: number, holds: number): number {
  ledger.now = at;
  lock.take();
  const since = ledger.now;
  ledger.charge(Cause.vmm, holds);
  lock.give();
  return since;
}

describe('a lock in virtual time', () => {
  it('is waited for until it is free, and the wait is booked', () => {
    const ledger = new Ledger();
    const lock = new VirtualLock('x', ledger);
    expect(use(ledger, lock, 0, 100)).to.equal(0);
    expect(use(ledger, lock, 30, 100)).to.equal(100);
    expect(use(ledger, lock, 300, 10)).to.equal(300);
    expect([lock.taken, lock.waits, lock.waitNs, lock.heldNs]).to.deep.equal([3, 1, 70, 210]);
    expect(ledger.ofCause('lockWait')).to.equal(70);
  });

  it('lets a CPU that is simulated later, but is earlier, into a gap that is long enough', () => {
    const ledger = new Ledger();
    const lock = new VirtualLock('x', ledger);
    use(ledger, lock, 0, 10);
    use(ledger, lock, 50, 10);
    expect(use(ledger, lock, 5, 10)).to.equal(10);
    expect(use(ledger, lock, 41, 10)).to.equal(60);
    expect(use(ledger, lock, 20, 10)).to.equal(20);
  });

  it('never lets two in at once, whatever the order', () => {
    const ledger = new Ledger();
    const lock = new VirtualLock('x', ledger);
    const uses: [number, number][] = [];
    for (let i = 0; i < 1000; i++) {
      const at = ((i * 7919) % 1000) * 3;
      const since = use(ledger, lock, at, 7);
      expect(since).to.be.at.least(at);
      uses.push([since, since + 7]);
      if (i % 100 === 99) {
        // Only the latest uses are kept; those of a new round do not go back to them.
        lock.reset();
        uses.sort((a, b) => a[0] - b[0]);
        uses.forEach(([start], j) => {
          expect(start).to.be.at.least(uses[j - 1]?.[1] ?? 0);
        });
        uses.length = 0;
      }
    }
  });
});

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
  it('are counted from the unmap until the host forgets them', () => {
    const stale = new StaleClock();
    for (const [address, at] of [
      [0x1000, 10],
      [0x2000, 20],
    ] as const) {
      stale.begin();
      stale.unmapped(address, at);
    }
    stale.forgets(0x1000, 110);
    expect([stale.longest, stale.pending()]).to.deep.equal([100, 1]);
    stale.forgetsAll(500);
    expect([stale.longest, stale.pending()]).to.deep.equal([480, 0]);
    expect(stale.mean()).to.equal((100 + 480) / 2);
  });

  it('are none where the host forgets within the unmap', () => {
    const stale = new StaleClock();
    stale.begin();
    stale.forgets(0x1000, 5);
    stale.unmapped(0x1000, 9);
    expect([stale.longest, stale.pending()]).to.deep.equal([0, 0]);
  });

  it('can be many', () => {
    const stale = new StaleClock();
    for (let i = 0; i < 5000; i++) {
      stale.begin();
      stale.unmapped(i, i);
      if (i % 3 === 0) stale.forgets(i / 3, i);
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
