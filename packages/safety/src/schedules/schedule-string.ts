// SPDX-License-Identifier: GPL-2.0-only
// A run as a short text: `map-unmap:a5b3a`. A letter is a thread, the number how many steps it does; what comes after the
// end, the thread that runs goes on, and where it cannot, the first one that can.

import { OptionError } from '@iommu-bounce/linux-shim';
import type { Executor, Strategy } from './executor';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** What follows the choices of a schedule. */
export class GoOn implements Strategy {
  constructor(private readonly rt: Executor) {}

  choose(d: number, enabled: number): number {
    const before = d > 0 ? (this.rt.thread[d - 1] as number) : -1;
    return before >= 0 && enabled & (1 << before) ? before : 31 - Math.clz32(enabled & -enabled);
  }
}

/** The steps of the latest run, without those at the end that come by themselves. */
export function scheduleOf(rt: Executor): string {
  const goOn = new GoOn(rt);
  let end = rt.depth;
  while (end > 0 && goOn.choose(end - 1, rt.enabled[end - 1] as number) === rt.thread[end - 1])
    end--;
  let text = '';
  for (let d = 0; d < end;) {
    const t = rt.thread[d] as number;
    let n = 1;
    while (d + n < end && rt.thread[d + n] === t) n++;
    text += (LETTERS[t] ?? '?') + (n > 1 ? String(n) : '');
    d += n;
  }
  return text;
}

/**
 * The threads that a schedule names, step by step.
 * @throws OptionError for a text that is no schedule
 */
export function threadsOf(schedule: string): number[] {
  if (!/^(?:[a-z]\d{0,4})*$/.test(schedule))
    throw new OptionError(
      `schedule is '${schedule}': expected letters of threads, each with a number of steps: a5b3a`,
    );
  return [...schedule.matchAll(/([a-z])(\d*)/g)].flatMap(([, letter = '', n = '']) =>
    new Array<number>(n === '' ? 1 : Number(n)).fill(LETTERS.indexOf(letter)),
  );
}
