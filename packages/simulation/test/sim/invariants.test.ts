// SPDX-License-Identifier: GPL-2.0-only
// Each invariant fails when what it watches is broken: a machine is broken on purpose, and the run has to say so.

import { expect } from 'chai';
import { job, runJobs } from '../../src/testing';
import { type SimDevice, Step, VirtualLock, type Waiter, wrongsOf } from '../../src/sim';

const BUSY = job({ rw: 'read', bs: '16k', iodepth: '4', numjobs: '4', numberIos: '40' });

function run(breakIt: (device: SimDevice) => void): ReturnType<typeof runJobs> {
  return runJobs('strict', [BUSY], {
    cpus: 4,
    change: (device) => {
      breakIt(device);
      return device;
    },
  });
}

const requests = ({ meter }: SimDevice): VirtualLock =>
  meter.locks.find(({ name }) => name === 'virtio-iommu requests') as VirtualLock;

const BROKEN: readonly (readonly [what: string, says: string, breakIt: (d: SimDevice) => void])[] =
  [
    [
      'a lock that lets everybody in',
      'locks granted while held',
      (device) => {
        const lock = requests(device);
        const open = lock as unknown as { grant(who: Waiter, at: number): void };
        lock.ask = (who: Waiter, now: number) => {
          open.grant(who, now);
          return true;
        };
      },
    ],
    [
      'a lock that forgets who has it',
      'locks given back by another CPU',
      (device) => {
        const lock = requests(device);
        const open = lock as unknown as { held: boolean; grant(who: Waiter, at: number): void };
        lock.ask = (who: Waiter, now: number) => {
          open.held = false;
          open.grant(who, now);
          return true;
        };
      },
    ],
    [
      'a lock that is left free with a queue',
      'locks free while a CPU waits',
      (device) => {
        const lock = requests(device);
        const open = lock as unknown as { first: Waiter | null; last: Waiter | null };
        const release = lock.release.bind(lock);
        let left = 20;
        lock.release = (who, now) => {
          if (open.first === null || left-- <= 0) return release(who, now);
          // Given back as if nobody waited; then the queue is there again.
          const { first, last } = open;
          open.first = open.last = null;
          release(who, now);
          open.first = first;
          open.last = last;
          return null;
        };
      },
    ],
    [
      'a lock that is never taken when steps are played',
      'grants of locks',
      (device) => {
        const lock = requests(device);
        const { ledger } = device.meter;
        const without = (call: () => void) => () => {
          const { timeline } = ledger;
          const length = timeline?.length ?? 0;
          call();
          if (timeline !== null) timeline.length = length;
        };
        lock.take = without(lock.take.bind(lock));
        lock.give = without(lock.give.bind(lock));
      },
    ],
    [
      'a lock that is given back at once',
      'work under locks, ns, in the time they are held',
      ({ meter }) => {
        for (const lock of meter.locks) {
          const take = lock.take.bind(lock);
          lock.take = () => {
            take();
            meter.ledger.timeline?.push(Step.give, lock.id);
          };
          const give = lock.give.bind(lock);
          lock.give = () => {
            const { timeline } = meter.ledger;
            const length = timeline?.length ?? 0;
            give();
            if (timeline !== null) timeline.length = length;
          };
        }
      },
    ],
    [
      'waits that nobody books',
      'waits booked, ns',
      ({ meter: { ledger } }) => {
        ledger.waits = () => undefined;
      },
    ],
    [
      'work that no CPU spends time on',
      'time of all CPUs, ns',
      ({ meter: { ledger } }) => {
        const charge = ledger.charge.bind(ledger);
        ledger.charge = (cause, ns) => {
          charge(cause, ns);
          // Booked as a wait, without a step.
          ledger.waits(ledger.phase, ns);
        };
      },
    ],
  ];

describe('invariants', () => {
  it('hold for a run of four CPUs that want one lock', () => {
    const result = run(() => undefined);
    expect(result.invariants.length).to.be.at.least(15);
    expect(wrongsOf(result)).to.deep.equal([]);
    expect(result.locks.some(({ waits }) => waits > 100)).to.equal(true);
  });

  for (const [what, says, breakIt] of BROKEN)
    it(`see ${what}`, () => {
      expect(() => run(breakIt)).to.throw(`"name":"${says}"`);
    });

  it('are not reached where a lock wakes nobody: that ends the run', () => {
    const forget = (device: SimDevice): void => {
      const lock = requests(device) as unknown as {
        first: Waiter | null;
        last: Waiter | null;
        release(who: Waiter | null, now: number): Waiter | null;
      };
      const release = lock.release.bind(lock);
      lock.release = (who, now) => {
        lock.first = lock.last = null;
        return release(who, now);
      };
    };
    expect(() => run(forget)).to.throw(/CPU \d waits for a lock for ever/);
  });
});
