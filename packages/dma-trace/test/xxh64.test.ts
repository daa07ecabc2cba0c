// SPDX-License-Identifier: GPL-2.0-only
import { expect } from 'chai';
import { Xxh64 } from '../src/compressed/xxh64';

const MASK = (1n << 64n) - 1n;
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const rotate = (n: bigint, by: bigint): bigint => ((n << by) | (n >> (64n - by))) & MASK;
const round = (acc: bigint, lane: bigint): bigint =>
  (rotate((acc + lane * P2) & MASK, 31n) * P1) & MASK;

/** The slow, obvious way. */
function oracle(bytes: Buffer): number {
  let at = 0;
  let sum: bigint = P5;
  if (bytes.length >= 32) {
    const lanes = [P1 + P2, P2, 0n, -P1].map((n) => n & MASK);
    for (; at + 32 <= bytes.length; at += 32)
      lanes.forEach((n, i) => (lanes[i] = round(n, bytes.readBigUInt64LE(at + 8 * i))));
    sum = [1n, 7n, 12n, 18n].reduce((all, by, i) => (all + rotate(lanes[i] ?? 0n, by)) & MASK, 0n);
    for (const lane of lanes) sum = ((sum ^ round(0n, lane)) * P1 + P4) & MASK;
  }
  sum = (sum + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8)
    sum = (rotate(sum ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * P1 + P4) & MASK;
  if (at + 4 <= bytes.length) {
    sum = (rotate(sum ^ ((BigInt(bytes.readUInt32LE(at)) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++)
    sum = (rotate(sum ^ ((BigInt(bytes[at] ?? 0) * P5) & MASK), 11n) * P1) & MASK;
  sum = ((sum ^ (sum >> 33n)) * P2) & MASK;
  sum = ((sum ^ (sum >> 29n)) * P3) & MASK;
  return Number((sum ^ (sum >> 32n)) & 0xffffffffn);
}

const sumOf = (...pieces: Uint8Array[]): number => {
  const sum = new Xxh64();
  for (const piece of pieces) sum.update(piece);
  return sum.lower();
};

describe('Xxh64', () => {
  it('gives the sums that are known', () => {
    // XXH64 of nothing and of "abc": ef46db3751d8e999, 44bc2cf5ad770999.
    expect(sumOf(Buffer.from(''))).to.equal(0x51d8e999);
    expect(sumOf(Buffer.from('abc'))).to.equal(0xad770999);
  });

  it('gives the sum of the slow way, of every length and in any pieces', () => {
    const bytes = Buffer.from(
      Array.from({ length: 400 }, (_, i) => (i * 167 + (i >> 3) * 91) & 255),
    );
    for (let length = 0; length < 140; length++) {
      const part = bytes.subarray(length, 2 * length);
      const cut = (length * 7) % (length + 1);
      expect(sumOf(part), String(length)).to.equal(oracle(part));
      expect(sumOf(part.subarray(0, cut), part.subarray(cut))).to.equal(oracle(part));
    }
  });
});
