// SPDX-License-Identifier: GPL-2.0-only
// Seeded random numbers: pure-rand's xoroshiro128+.

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Gives the next 32 random bits, as a signed number. */
export interface Random {
  next(): number;
}

export function newRandom(seed: number): Random {
  const random = xoroshiro128plus(seed);
  // Its first numbers are the seed's own bits: small seeds would all begin alike.
  for (let i = 0; i < 8; i++) random.next();
  return random;
}

/** At least 0, below 1. */
export function unit(random: Random): number {
  return (random.next() >>> 0) / 2 ** 32;
}

/** A whole number from 0 to n - 1. */
export function below(random: Random, n: number): number {
  return Math.floor(unit(random) * n);
}
