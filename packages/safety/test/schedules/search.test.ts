// SPDX-License-Identifier: GPL-2.0-only
// Tests of the searches on toys: known numbers of classes, and the same classes as all runs have.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { Executor } from '../../src/schedules/executor';
import { scheduleOf, threadsOf, GoOn } from '../../src/schedules/schedule-string';
import { Brute } from '../../src/schedules/search/brute';
import { Dpor } from '../../src/schedules/search/dpor';
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

  it('visits the classes that all runs of random programs have, each once', () => {
    for (let seed = SEED; seed < SEED + (LONG ? 2000 : 100); seed++) {
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

  it('is the same in parts', () => {
    for (let seed = SEED; seed < SEED + (LONG ? 500 : 15); seed++) {
      const toy = randomToy(random(seed));
      const whole = [...exploreToy(toy, 'dpor').classes.keys()].sort();
      const parts = [0, 1, 2].flatMap((index) => [
        ...exploreToy(toy, 'dpor', { index, of: 3, depth: 3 }).classes.keys(),
      ]);
      expect(parts.sort(), `SCHEDULE_SEED=${String(seed)}`).to.eql(whole);
    }
  });
});
