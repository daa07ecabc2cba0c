// SPDX-License-Identifier: GPL-2.0-only
// Numbers drawn from a seed: sfc32 of PractRand, with the seed's text hashed into its 128 bits of state.

/** Rounds that mix the state before the first number. */
const WARM_UP = 16;

/** Draws whole numbers from 0 to `below` - 1; `below` is at most 2^32. */
export type Draw = (below: number) => number;

export function drawFrom(seed: string): Draw {
  let [a, b, c, counter] = [0, 1, 2, 3].map((part) => hash(`${String(part)}:${seed}`)) as [
    number,
    number,
    number,
    number,
  ];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return (below) => Math.floor((next() / 2 ** 32) * below);
}

/** FNV-1a over UTF-16, then the finish of murmur3. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
