// SPDX-License-Identifier: GPL-2.0-only
// Tests of the searches on toys: known numbers of classes, and the same classes as all runs have.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { Executor } from '../../src/schedules/executor';
import { scheduleOf, threadsOf, GoOn } from '../../src/schedules/schedule-string';
import { Brute } from '../../src/schedules/search/brute';
import { Dpor } from '../../src/schedules/search/dpor';
import { Pct } from '../../src/schedules/search/pct';
import { type ToyThread, toyProgram } from '../../src/schedules/toy';
import { exploreToy, randomToy } from './toys';

const LONG = process.env['TEST_LONG'] === '1';
const SEED = Number(process.env['SCHEDULE_SEED'] ?? 1);

const steps = (...all: string[][]): ToyThread[] => all.map((one) => ({ steps: one }));
const same = (n: number, one: string[]): ToyThread[] =>
  steps(...Array.from({ length: n }, () => one));

/** All that is recorded of the latest run. */
const recordsOf = (rt: Executor): readonly number[][] => {
  const { thread, kind, a, b, c, local, readyBy, depth } = rt;
  return [
    ...[thread, kind, a, b, c, local, readyBy].map((one) => [...one.subarray(0, depth)]),
    [...rt.enabled.subarray(0, depth + 1)],
    [...rt.wanted.subarray(0, (depth + 1) * rt.nr * 3)],
  ];
};

describe('a search of all classes', () => {
  const known: readonly (readonly [string, ToyThread[], number])[] = [
    ['writers of one variable: their orders', same(4, ['w x']), 24],
    ['readers of one variable: one class', same(4, ['r x']), 1],
    ['a writer among n readers: who reads before it', [...same(3, ['r x']), ...steps(['w x'])], 8],
    ['writers of a variable each: one class', steps(['w a', 'w a'], ['w b'], ['w c', 'w c']), 1],
    ['critical sections: their orders', same(3, ['l m', 'w x', 'w y', 'u m']), 6],
    [
      'two locks in both orders: two ends and a deadlock',
      steps(['l m', 'l n', 'u n', 'u m'], ['l n', 'l m', 'u m', 'u n']),
      3,
    ],
    [
      'an interrupt at each step of its CPU, not while masked',
      [{ steps: ['off', 'w x', 'on', 'w x', 'w y'] }, { steps: ['w z'], kind: 'hardirq', cpu: 0 }],
      4,
    ],
    [
      'work that is queued, and may be cancelled first',
      [{ steps: ['q e', 'c e', 'q e'] }, { steps: ['w x'], waits: 'e' }],
      2,
    ],
    ...(['softirq', 'hardirq'] as const).map((kind): [string, ToyThread[], number] => [
      `a ${kind} that is queued while it is masked, and cancelled before it can come`,
      [
        { steps: ['off', 'c e', 'on'] },
        { steps: ['q e'] },
        { steps: ['w y'], kind, cpu: 0, waits: 'e' },
      ],
      3,
    ]),
    [
      'an interrupt that is queued where interrupts stay masked',
      [
        { steps: ['w y', 'off', 'w y'] },
        { steps: ['q e'] },
        { steps: [], kind: 'hardirq', cpu: 0, waits: 'e' },
      ],
      3,
    ],
    [
      'an interrupt that is queued while another one runs, which cancels it',
      [
        { steps: ['c e'], kind: 'softirq', cpu: 0 },
        { steps: ['q e'] },
        { steps: ['w y'], kind: 'hardirq', cpu: 0, waits: 'e' },
      ],
      3,
    ],
    [
      'work that is queued while other work holds what it needs, which cancels it',
      [
        { steps: ['c e'], waits: 'f', holds: 'h' },
        { steps: ['q f'] },
        { steps: ['q e'] },
        { steps: ['w y'], waits: 'e', holds: 'h' },
      ],
      3,
    ],
    [
      'work that is queued while somebody has what it needs, and cancels it',
      [
        { steps: ['l h', 'c e', 'u h'] },
        { steps: ['q e'] },
        { steps: ['w y'], waits: 'e', holds: 'h' },
      ],
      3,
    ],
    [
      'an interrupt that comes after another one, and that a step which it does not wait for cancels',
      [
        { steps: ['q e', 'w y'] },
        { steps: ['w x', 'c e'] },
        { steps: ['c f'], kind: 'hardirq', cpu: 0, waits: 'e' },
        { steps: ['q f'], kind: 'softirq', cpu: 0 },
      ],
      19,
    ],
    [
      'last readers and writers: Abdulla et al., figure 1',
      steps(['w x'], ['r y', 'r x'], ['r z', 'r x']),
      4,
    ],
  ];
  for (const [title, threads, count] of known)
    it(`counts ${title}`, () => {
      const { runs, classes } = exploreToy(threads, 'dpor');
      expect([runs, classes.size]).to.eql([count, count]);
      expect([...exploreToy(threads, 'brute').classes.keys()].sort()).to.eql(
        [...classes.keys()].sort(),
      );
    });

  it('counts runs that have more steps than usual', () => {
    const own = (x: string): string[] => Array.from({ length: 200 }, () => `w ${x}`);
    const { runs, classes } = exploreToy(steps([...own('x'), 'w z'], [...own('y'), 'w z']), 'dpor');
    expect([runs, classes.size]).to.eql([2, 2]);
  });

  it('visits the classes that all runs of random programs have, each once @long', () => {
    for (let seed = SEED; seed < SEED + (LONG ? 600 : 100); seed++) {
      const toy = randomToy(random(seed));
      const told = `SCHEDULE_SEED=${String(seed)}: ${JSON.stringify(toy)}`;
      const { runs, classes } = exploreToy(toy, 'dpor');
      expect(runs, told).to.equal(classes.size);
      const all = exploreToy(toy, 'brute').classes;
      expect([...classes.keys()].sort(), told).to.eql([...all.keys()].sort());
    }
  });

  it('leaves records of a repeated beginning as a run from nothing makes them', () => {
    for (let seed = SEED; seed < SEED + 60; seed++) {
      const toy = randomToy(random(seed));
      const rt = new Executor(toyProgram(toy));
      for (const search of [new Dpor(rt), new Brute(rt)]) {
        rt.setStrategy(search);
        for (let n = 0; n < 40 && search.next() !== null; n++) {
          const again = new Executor(toyProgram(toy));
          again.setStrategy(new GoOn(again));
          const choices = threadsOf(scheduleOf(rt));
          choices.forEach((t, d) => (again.prefix[d] = t));
          again.prefixLength = choices.length;
          again.run();
          expect(recordsOf(rt), `SCHEDULE_SEED=${String(seed)}`).to.eql(recordsOf(again));
        }
      }
    }
  });

  it('is the same in parts @long', () => {
    for (let seed = SEED; seed < SEED + (LONG ? 200 : 15); seed++) {
      const toy = randomToy(random(seed));
      const whole = [...exploreToy(toy, 'dpor').classes.keys()].sort();
      const parts = [0, 1, 2].flatMap((index) => [
        ...exploreToy(toy, 'dpor', { index, of: 3, depth: 3 }).classes.keys(),
      ]);
      expect(parts.sort(), `SCHEDULE_SEED=${String(seed)}`).to.eql(whole);
    }
  });
});

describe('random runs', () => {
  /** How often each order was seen, of three threads of two steps, whichever is first. */
  function orders(depth: number, runs: number): Map<string, number> {
    const rt = new Executor(toyProgram(same(3, ['w x', 'w x'])));
    const search = new Pct(rt, SEED, runs, depth);
    rt.setStrategy(search);
    const seen = new Map<string, number>();
    while (search.next() !== null) {
      const met: number[] = [];
      const order = [...rt.thread.slice(0, rt.depth)].map((t) => {
        if (!met.includes(t)) met.push(t);
        return 'ABC'[met.indexOf(t)];
      });
      seen.set(order.join(''), (seen.get(order.join('')) ?? 0) + 1);
    }
    return seen;
  }

  it('lower a thread below those that were lowered before, and above them', () => {
    const runs = 20_000;
    const seen = orders(3, runs);
    // Two threads are lowered after their first step: then the third ends, and either may go on first.
    for (const order of ['ABCCBA', 'ABCCAB'])
      expect(seen.get(order) ?? 0, `SCHEDULE_SEED=${String(SEED)} ${order}`).to.be.at.least(
        runs / (3 * 16 ** 2) / 2,
      );
  });

  it('of depth 1 stop no thread, and of depth 2 one', () => {
    expect([...orders(1, 100).keys()]).to.deep.equal(['AABBCC']);
    const two = [...orders(2, 2000).keys()].sort();
    expect(two).to.deep.equal(['AABBCC', 'AABCCB', 'ABBCCA']);
  });

  it('end, however many orderings are asked for', () => {
    expect(orders(40, 10).size).to.be.greaterThan(1);
  });
});
