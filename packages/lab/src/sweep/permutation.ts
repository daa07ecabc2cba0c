// SPDX-License-Identifier: GPL-2.0-only
// A random order of 0 to n - 1 that needs no memory: a Feistel network, walked along its cycles where it leaves the range.

const ROUNDS = 6;

/**
 * @param n numbers in the order, at most 2^52
 * @param seed a whole number, 32 bits of which count
 * @returns what stands at place i: each number once
 */
export function randomOrder(n: number, seed: number): (i: number) => number {
  let bits = 1;
  while (2 ** (2 * bits) < n) bits++;
  const half = 2 ** bits;
  return (i) => {
    let x = i;
    do {
      let left = Math.floor(x / half);
      let right = x % half;
      for (let round = 0; round < ROUNDS; round++) {
        const mixed = (left + (mix(right, seed, round) % half)) % half;
        left = right;
        right = mixed;
      }
      x = left * half + right;
    } while (x >= n);
    return x;
  };
}

/** 32 bits, each of which depends on all of the input. Murmur3's finalizer, twice. */
function mix(x: number, seed: number, round: number): number {
  return (
    final(final((x ^ seed) + Math.imul(round + 1, 0x9e3779b9)) ^ Math.imul(seed, 0x85ebca6b)) >>> 0
  );
}

function final(n: number): number {
  let h = n >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
