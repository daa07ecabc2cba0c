// SPDX-License-Identifier: GPL-2.0-only
// Locks of several CPUs in one virtual order: by hand, against a queue that is obviously right, and whatever runs.

import { expect } from 'chai';
import fc from 'fast-check';
import { preset } from '../../src/cost';
import { Cause, Cpu, Ledger, Meter, Order, Phase, VirtualLock } from '../../src/sim';

interface Use {
  readonly cpu: number;
  /** Work before the lock, under it, and after it, in ns. */
  readonly before: number;
  readonly hold: number;
  readonly after: number;
}

interface Hold {
  readonly cpu: number;
  readonly from: number;
  readonly until: number;
}

/** Plays the uses of each CPU in turn, from time 0; tells who had the lock when. */
function play(
  cpus: number,
  uses: readonly Use[],
): { holds: Hold[]; lock: VirtualLock; meter: Meter } {
  const meter = new Meter(preset('laptop-virtio'));
  const { ledger } = meter;
  const lock = meter.newLock('x');
  const all = Array.from({ length: cpus }, (_, id) => new Cpu(id, 1));
  const begun: number[] = [];
  const holds: Hold[] = [];
  const order = new Order(all, meter, (cpu, _kind, value, now) => {
    if (value === 0) begun[cpu.id] = now;
    else holds.push({ cpu: cpu.id, from: begun[cpu.id] as number, until: now });
  });
  const left = all.map(({ id }) => uses.filter(({ cpu }) => cpu === id));
  const begin = (cpu: Cpu): void => {
    const use = left[cpu.id]?.shift();
    if (!use) return;
    cpu.timeline.clear();
    ledger.timeline = cpu.timeline;
    ledger.phase = Phase.map;
    ledger.charge(Cause.dmaApi, use.before);
    lock.take();
    cpu.timeline.push(MOMENT, 0);
    ledger.charge(Cause.vmm, use.hold);
    cpu.timeline.push(MOMENT, 1);
    lock.give();
    ledger.charge(Cause.dmaApi, use.after);
    ledger.timeline = null;
    order.begin(cpu);
  };
  for (const cpu of all) begin(cpu);
  for (let cpu = order.first(Infinity); cpu !== null; cpu = order.first(Infinity))
    if (order.play(cpu)) begin(cpu);
  expect(order.backwards).to.equal(0);
  return { holds, lock, meter };
}

/** A kind of step that only tells when it happens. */
const MOMENT = 7;

/** The same by asking, again and again, who asks first: no events, no queue. */
function expected(cpus: number, uses: readonly Use[]): Hold[] {
  const left = Array.from({ length: cpus }, (_, id) => uses.filter(({ cpu }) => cpu === id));
  const clocks = left.map(() => 0);
  const holds: Hold[] = [];
  let freeAt = 0;
  for (;;) {
    let next = -1;
    let asks = Infinity;
    left.forEach(([use], id) => {
      if (use && (clocks[id] as number) + use.before < asks) {
        asks = (clocks[id] as number) + use.before;
        next = id;
      }
    });
    const use = left[next]?.shift();
    if (!use) return holds;
    const from = Math.max(asks, freeAt);
    freeAt = from + use.hold;
    holds.push({ cpu: next, from, until: freeAt });
    clocks[next] = freeAt + use.after;
  }
}

describe('locks of several CPUs', () => {
  it('are waited for in the order of asking, from the moment they are free', () => {
    const use = (cpu: number, before: number, hold: number): Use => ({
      cpu,
      before,
      hold,
      after: 0,
    });
    const { holds, lock, meter } = play(3, [use(0, 10, 100), use(1, 30, 5), use(2, 20, 50)]);
    expect(holds).to.deep.equal([
      { cpu: 0, from: 10, until: 110 },
      { cpu: 2, from: 110, until: 160 },
      { cpu: 1, from: 160, until: 165 },
    ]);
    expect([lock.taken, lock.waits, lock.waitNs, lock.longestWaitNs, lock.heldNs]).to.deep.equal([
      ...[3, 2, 90 + 130, 130, 155],
    ]);
    expect(meter.ledger.of('map', 'lockWait')).to.equal(220);
    expect(lock.queuedNs).to.equal(220);
  });

  it('never let a long hold into a short gap', () => {
    // CPU 1 comes back after 11; CPU 0 wants 85 in between.
    const { holds } = play(2, [
      ...[1, 2, 3].map(() => ({ cpu: 1, before: 0, hold: 20, after: 11 })),
      { cpu: 0, before: 21, hold: 85, after: 0 },
    ]);
    expect(holds.map(({ cpu }) => cpu)).to.deep.equal([1, 0, 1, 1]);
    expect(holds[2]?.from).to.equal(21 + 85);
  });

  it('go to the same CPUs at the same times as by asking who comes first', () => {
    const ns = fc.integer({ min: 1, max: 1000 });
    const uses = fc.array(fc.record({ cpu: fc.nat({ max: 4 }), before: ns, hold: ns, after: ns }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(uses, (given) => {
        // No two ask at the same moment: those are told apart by nothing.
        const told = given.map((use, i) => ({ ...use, before: use.before + (i + 1) / 1024 }));
        const { holds, lock } = play(5, told);
        expect(holds).to.deep.equal(expected(5, told));
        const { overlaps, idleWhileWanted, negativeWaits, queuedNs, waitNs } = lock;
        expect([overlaps, idleWhileWanted, negativeWaits]).to.deep.equal([0, 0, 0]);
        expect(queuedNs).to.be.closeTo(waitNs, 1e-6 * waitNs);
        expect(lock.isHeld()).to.equal(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a lock without a timeline', () => {
  it('is waited for until it is free, and the wait is booked', () => {
    const ledger = new Ledger();
    const lock = new VirtualLock(0, 'x', ledger);
    const use = (at: number, hold: number): void => {
      ledger.now = at;
      lock.take();
      ledger.charge(Cause.vmm, hold);
      lock.give();
    };
    use(0, 100);
    use(30, 100);
    use(300, 10);
    expect([lock.taken, lock.waits, lock.waitNs, lock.heldNs]).to.deep.equal([3, 1, 70, 210]);
    expect(ledger.ofCause('lockWait')).to.equal(70);
  });

  it('counts grants while it is held, so that they are seen', () => {
    const ledger = new Ledger();
    const lock = new VirtualLock(0, 'x', ledger);
    lock.take();
    lock.take();
    expect(lock.overlaps).to.equal(1);
  });
});
