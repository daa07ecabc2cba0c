// SPDX-License-Identifier: GPL-2.0-only
// Measures every case and its copy in turn, several rounds in one process, and keeps the least of each.

import type { BenchCase, Loop } from './cases';
import { garbageBytes } from './garbage';

export interface BenchResult {
  readonly name: string;
  /** Nanoseconds of one pair (or copy): the least of all rounds. */
  readonly ns: number;
  /** The pair against the copy that `to` names, measured in turn with it; null for a copy. */
  readonly ratio_to_copy: number | null;
  /** What that copy is. */
  readonly to: string | null;
  /** Bytes that one pair leaves for the garbage collector. */
  readonly garbage_bytes: number;
}

/** In each pass: short ones, and many, so that some of them run undisturbed on a machine that does other things too. */
export const ROUNDS = 60;
/** Rounds before those, in which V8 compiles what is called and caches fill. */
export const WARM_UP = 30;
/** Over all groups. What V8 inlines where depends on what was called by then; a later group has it compiled anew. */
const PASSES = 2;
/** Passages over which what the sampling itself allocates, some kilobytes, is nothing. */
const ENOUGH = 20_000;

function nanoseconds(loop: Loop, times: number): number {
  const begin = process.hrtime.bigint();
  loop(times);
  return Number(process.hrtime.bigint() - begin) / times;
}

interface Least {
  pair: number;
  copy: number;
}

/** Group by group, each case and its copy in turn, several passes. */
export function measureGroups(groups: readonly (readonly BenchCase[])[]): BenchResult[] {
  const least = groups.map(leastOf);
  for (let pass = 0; pass < PASSES; pass++)
    groups.forEach((group, i) => {
      run(group, least[i] ?? [], ROUNDS);
    });
  garbageBytes(() => undefined, 1); // V8's sampler allocates when it is first used
  return groups.flatMap((group, i) => results(group, least[i] ?? []));
}

/** @param rounds at least 1 */
export function measure(cases: readonly BenchCase[], rounds = ROUNDS): BenchResult[] {
  const least = leastOf(cases);
  run(cases, least, rounds);
  return results(cases, least);
}

function leastOf(cases: readonly BenchCase[]): Least[] {
  return cases.map(() => ({ pair: Infinity, copy: Infinity }));
}

function run(cases: readonly BenchCase[], least: readonly Least[], rounds: number): void {
  for (let round = -WARM_UP; round < rounds; round++)
    for (const [i, c] of cases.entries()) {
      const pair = nanoseconds(c.loop, c.times);
      const copy = c.copy ? nanoseconds(c.copy.loop, c.times) : Infinity;
      const at = least[i];
      if (at && round >= 0) {
        at.pair = Math.min(at.pair, pair);
        at.copy = Math.min(at.copy, copy);
      }
    }
}

function results(cases: readonly BenchCase[], least: readonly Least[]): BenchResult[] {
  return cases.map((c, i) => {
    const { pair = 0, copy = 1 } = least[i] ?? {};
    return {
      name: c.name,
      ns: round1(pair),
      ratio_to_copy: c.copy ? round3(pair / copy) : null,
      to: c.copy?.name ?? null,
      garbage_bytes: garbageBytes(c.loop, Math.max(c.times, ENOUGH)),
    };
  });
}

const round1 = (x: number): number => Math.round(x * 10) / 10;
const round3 = (x: number): number => Math.round(x * 1000) / 1000;
