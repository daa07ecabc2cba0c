// SPDX-License-Identifier: GPL-2.0-only
// XXH64 with seed 0 (doc/xxhash_spec.md of github.com/Cyan4973/xxHash), of whose result a zstd frame has the lower half.
// JS: a number of 64 bits is two of 32, the upper half first; BigInt would be far slower than the decoder.

const STRIPE = 32;
/** Lanes of a stripe, 8 bytes each. */
const LANES = 4;

const P1_HI = 0x9e3779b1 | 0;
const P1_LO = 0x85ebca87 | 0;
const P2_HI = 0xc2b2ae3d | 0;
const P2_LO = 0x27d4eb4f | 0;
const P3_HI = 0x165667b1 | 0;
const P3_LO = 0x9e3779f9 | 0;
const P4_HI = 0x85ebca77 | 0;
const P4_LO = 0xc2b2ae63 | 0;
const P5_HI = 0x27d4eb2f | 0;
const P5_LO = 0x165667c5 | 0;

/** A sum over any number of pieces. */
export class Xxh64 {
  private readonly high = new Int32Array(LANES);
  private readonly low = new Int32Array(LANES);
  /** Of a stripe that is not full. */
  private readonly rest = new Uint8Array(STRIPE);
  private length = 0;
  /** The number that is worked on. */
  private hi = 0;
  private lo = 0;

  constructor() {
    this.set(P1_HI, P1_LO);
    this.add(P2_HI, P2_LO);
    this.keep(0);
    this.set(P2_HI, P2_LO);
    this.keep(1);
    this.set(0, 0);
    this.keep(2);
    this.set(~P1_HI, ~P1_LO);
    this.add(0, 1);
    this.keep(3);
  }

  update(bytes: Uint8Array): void {
    const filled = this.length % STRIPE;
    this.length += bytes.length;
    let at = 0;
    if (filled > 0) {
      at = Math.min(STRIPE - filled, bytes.length);
      this.rest.set(bytes.subarray(0, at), filled);
      if (filled + at < STRIPE) return;
      this.stripe(this.rest, 0);
    }
    for (; at + STRIPE <= bytes.length; at += STRIPE) this.stripe(bytes, at);
    this.rest.set(bytes.subarray(at));
  }

  /** The lower 32 bits of the sum so far, unsigned. */
  lower(): number {
    const { length, rest } = this;
    if (length < STRIPE) this.set(P5_HI, P5_LO);
    else this.converge();
    this.add(Math.floor(length / 2 ** 32) | 0, length | 0);
    const filled = length % STRIPE;
    let at = 0;
    for (; at + 8 <= filled; at += 8) {
      const { hi, lo } = this;
      this.set(wordAt(rest, at + 4), wordAt(rest, at));
      this.round(0, 0);
      this.xor(hi, lo);
      this.rotate(27);
      this.multiply(P1_HI, P1_LO);
      this.add(P4_HI, P4_LO);
    }
    if (at + 4 <= filled) {
      const { hi, lo } = this;
      this.set(0, wordAt(rest, at));
      this.multiply(P1_HI, P1_LO);
      this.xor(hi, lo);
      this.rotate(23);
      this.multiply(P2_HI, P2_LO);
      this.add(P3_HI, P3_LO);
      at += 4;
    }
    for (; at < filled; at++) {
      const { hi, lo } = this;
      this.set(0, rest[at] ?? 0);
      this.multiply(P5_HI, P5_LO);
      this.xor(hi, lo);
      this.rotate(11);
      this.multiply(P1_HI, P1_LO);
    }
    this.xor(0, this.hi >>> 1);
    this.multiply(P2_HI, P2_LO);
    this.xor(this.hi >>> 29, (this.lo >>> 29) | (this.hi << 3));
    this.multiply(P3_HI, P3_LO);
    this.xor(0, this.hi);
    return this.lo >>> 0;
  }

  /** Four lanes of 8 bytes. */
  private stripe(bytes: Uint8Array, at: number): void {
    for (let lane = 0; lane < LANES; lane++) {
      const from = at + 8 * lane;
      this.set(wordAt(bytes, from + 4), wordAt(bytes, from));
      this.round(this.high[lane] ?? 0, this.low[lane] ?? 0);
      this.keep(lane);
    }
  }

  /** Of the four lanes one. */
  private converge(): void {
    let hi = 0;
    let lo = 0;
    for (const [lane, by] of [1, 7, 12, 18].entries()) {
      this.take(lane);
      this.rotate(by);
      this.add(hi, lo);
      ({ hi, lo } = this);
    }
    for (let lane = 0; lane < LANES; lane++) {
      this.take(lane);
      this.round(0, 0);
      this.xor(hi, lo);
      this.multiply(P1_HI, P1_LO);
      this.add(P4_HI, P4_LO);
      ({ hi, lo } = this);
    }
  }

  /** The number is a lane of the input. */
  private round(hi: number, lo: number): void {
    this.multiply(P2_HI, P2_LO);
    this.add(hi, lo);
    this.rotate(31);
    this.multiply(P1_HI, P1_LO);
  }

  private set(hi: number, lo: number): void {
    this.hi = hi;
    this.lo = lo;
  }

  private take(lane: number): void {
    this.set(this.high[lane] ?? 0, this.low[lane] ?? 0);
  }

  private keep(lane: number): void {
    this.high[lane] = this.hi;
    this.low[lane] = this.lo;
  }

  private add(hi: number, lo: number): void {
    const sum = (this.lo >>> 0) + (lo >>> 0);
    this.hi = (this.hi + hi + (sum > 0xffffffff ? 1 : 0)) | 0;
    this.lo = sum | 0;
  }

  private xor(hi: number, lo: number): void {
    this.hi ^= hi;
    this.lo ^= lo;
  }

  /** To the left, by 1 to 31. */
  private rotate(by: number): void {
    const { hi, lo } = this;
    this.hi = (hi << by) | (lo >>> (32 - by));
    this.lo = (lo << by) | (hi >>> (32 - by));
  }

  private multiply(hi: number, lo: number): void {
    const a = this.lo;
    // The upper half of a product of 32 by 32 bits, of products of 16 by 16.
    const a0 = a & 0xffff;
    const a1 = a >>> 16;
    const b0 = lo & 0xffff;
    const b1 = lo >>> 16;
    const low = a0 * b0;
    const middle = a1 * b0 + (low >>> 16);
    const other = a0 * b1 + (middle & 0xffff);
    const upper = a1 * b1 + Math.floor(middle / 65536) + Math.floor(other / 65536);
    this.hi = (upper + Math.imul(this.hi, lo) + Math.imul(a, hi)) | 0;
    this.lo = Math.imul(a, lo);
  }
}

/** Little endian, signed. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
