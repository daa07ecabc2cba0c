// SPDX-License-Identifier: GPL-2.0-only
// Measures every case and its copy in turn, several rounds in one process, and keeps the least of each.

import type { BenchCase, Loop } from './cases';
import { garbageBytes } from './garbage';

export interface BenchResult {
  readonly name: string;
  /** Nanoseconds of one pair (or copy): the least of all rounds. */
  readonly ns: number;
  /** The pair against the copy of as many bytes, measured in turn with it; null where nothing is copied. */
  readonly ratio_to_copy: number | null;
  /** Bytes that one pair leaves for the garbage collector. */
  readonly garbage_bytes: number;
}

/** Fewer rounds do not find the least time on a machine that does other things too. */
export const ROUNDS = 15;
/** Passages over which what the sampling itself allocates, some kilobytes, is nothing. */
const ENOUGH = 20_000;

function nanoseconds(loop: Loop, times: number): number {
  const begin = process.hrtime.bigint();
  loop(times);
  return Number(process.hrtime.bigint() - begin) / times;
}

/** @param rounds at least 9 */
export function measure(cases: readonly BenchCase[], rounds = ROUNDS): BenchResult[] {
  const least = cases.map(() => ({ pair: Infinity, copy: Infinity }));
  for (let round = 0; round < rounds + 1; round++)
    for (const [i, c] of cases.entries()) {
      const pair = nanoseconds(c.loop, c.times);
      const copy = c.copy ? nanoseconds(c.copy, c.times) : Infinity;
      const at = least[i];
      // The first round compiles and fills caches.
      if (at && round > 0) {
        at.pair = Math.min(at.pair, pair);
        at.copy = Math.min(at.copy, copy);
      }
    }
  return cases.map((c, i) => {
    const { pair = 0, copy = 1 } = least[i] ?? {};
    return {
      name: c.name,
      ns: round1(pair),
      ratio_to_copy: c.copy ? round3(pair / copy) : null,
      garbage_bytes: garbageBytes(c.loop, Math.max(c.times, ENOUGH)),
    };
  });
}

const round1 = (x: number): number => Math.round(x * 10) / 10;
const round3 = (x: number): number => Math.round(x * 1000) / 1000;
