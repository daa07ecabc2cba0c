// SPDX-License-Identifier: GPL-2.0-only
// Random numbers from a seed: the same everywhere, so that a link gives the same questions.

/** A source of whole numbers. */
export interface Random {
  /** 0 to n - 1, n at least 1. */
  below(n: number): number;
  /** @throws RangeError if there is nothing to pick from */
  pick<T>(from: readonly T[]): T;
  /** A new array in another order. */
  shuffled<T>(list: readonly T[]): T[];
}

/** @param seeds whole numbers below 2^32; each combination gives other numbers */
export function randomFrom(...seeds: readonly number[]): Random {
  // mulberry32: 32 bits of state are enough for a quiz.
  let state = seeds.reduce((a, seed) => Math.imul(a ^ seed, 0x9e3779b1) + 0x7f4a7c15, 1) >>> 0;
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
  return {
    below,
    pick(from) {
      if (from.length === 0) throw new RangeError('pick: the list is empty');
      return from[below(from.length)] as (typeof from)[number];
    },
    shuffled(list) {
      const left = [...list];
      return list.map(() => left.splice(below(left.length), 1)[0] as (typeof left)[number]);
    },
  };
}
