// SPDX-License-Identifier: GPL-2.0-only
// Helpers of the tests of the searches: a toy explored twice, and random toys.

import type { random_source } from '@iommu-bounce/linux-shim/testing';
import { Executor } from '../../src/schedules/executor';
import { Brute } from '../../src/schedules/search/brute';
import { foataHash } from '../../src/schedules/search/clocks';
import { Dpor, type Part } from '../../src/schedules/search/dpor';
import { type ToyThread, toyProgram } from '../../src/schedules/toy';

export interface Explored {
  readonly runs: number;
  /** Of each class: how often it was seen. */
  readonly classes: ReadonlyMap<string, number>;
}

export function exploreToy(
  threads: readonly ToyThread[],
  how: 'dpor' | 'brute',
  part?: Part,
): Explored {
  const rt = new Executor(toyProgram(threads));
  const search = how === 'dpor' ? new Dpor(rt, part) : new Brute(rt);
  rt.setStrategy(search);
  const classes = new Map<string, number>();
  let runs = 0;
  for (let outcome = search.next(); outcome !== null; outcome = search.next()) {
    runs++;
    const name = `${foataHash(rt, search.clocks)} ${outcome}`;
    classes.set(name, (classes.get(name) ?? 0) + 1);
  }
  return { runs, classes };
}

/**
 * Two or three threads of up to four steps: variables, nested locks, masked interrupts, work and interrupts that are
 * queued. Some leave interrupts masked.
 */
export function randomToy(r: random_source): ToyThread[] {
  const nr = r.between(2, 3);
  const threads: ToyThread[] = [];
  for (let t = 0; t < nr; t++) {
    const kind = t > 0 && r.chance(40) ? r.pick(['softirq', 'hardirq'] as const) : 'task';
    const isLate = kind === 'task' ? t === nr - 1 && r.chance(30) : r.chance(60);
    const waits = isLate ? { waits: 'e' } : {};
    const holdsLock = isLate && r.chance(50);
    threads.push({
      steps: randomSteps(r, kind === 'task'),
      kind,
      cpu: kind === 'task' ? t : 0,
      ...waits,
      ...(holdsLock ? { holds: 'h' } : {}),
    });
  }
  return threads;
}

function randomSteps(r: random_source, masks: boolean): string[] {
  const steps: string[] = [];
  const held: string[] = [];
  for (let n = r.between(1, 4); n > 0; n--) {
    const lock = r.pick(['m', 'n', 'h']);
    switch (r.below(6)) {
      case 0:
      case 1:
        steps.push(`${r.pick(['r', 'w'])} ${r.pick(['x', 'y'])}`);
        break;
      case 2:
        if (!held.includes(lock)) {
          held.push(lock);
          steps.push(`l ${lock}`);
        }
        break;
      case 3:
        if (held.length > 0) steps.push(`u ${held.pop() ?? ''}`);
        break;
      case 4:
        if (masks) steps.push(isOff(steps) ? 'on' : 'off');
        break;
      default:
        steps.push(r.pick(['q e', 'c e']));
    }
  }
  while (held.length > 0) steps.push(`u ${held.pop() ?? ''}`);
  if (isOff(steps) && r.chance(80)) steps.push('on');
  return steps;
}

function isOff(steps: readonly string[]): boolean {
  return steps.filter((one) => one === 'off').length > steps.filter((one) => one === 'on').length;
}
