// SPDX-License-Identifier: GPL-2.0-only
// Names that come again and again, from bytes to one string each: no string is made of a name seen before.

/** Names kept: a power of two. */
const SLOTS = 1024;
/** Slots that a name may be in: one takes the place of another when all are taken. */
const WAYS = 4;
/** Longer ones are no names. */
export const LONGEST_NAME = 96;

/** Of the hash FNV-1a. */
const PRIME = 0x01000193;

interface Known<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/** Values by names in ASCII. */
export class ByteNames<T> {
  private readonly slots: (Known<T> | null)[] = new Array<Known<T> | null>(SLOTS).fill(null);

  private learnt = 0;

  /** @param valueOf what is kept of a name */
  constructor(private readonly valueOf: (name: string) => T) {}

  /** The value of the bytes from..to, at most LONGEST_NAME. */
  of(bytes: Uint8Array, from: number, to: number): T {
    let hash = to - from;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), PRIME);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - WAYS);
    for (let way = slot; way < slot + WAYS; way++) {
      const known = this.slots[way] as Known<T> | null;
      if (known !== null && isSame(known.bytes, bytes, from, to)) return known.value;
    }
    return this.learn(bytes, from, to, slot);
  }

  private learn(bytes: Uint8Array, from: number, to: number, slot: number): T {
    const own = Uint8Array.from(bytes.subarray(from, to));
    const value = this.valueOf(String.fromCharCode(...own));
    this.slots[slot + (this.learnt++ % WAYS)] = { bytes: own, value };
    return value;
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const { length } = known;
  if (length !== to - from) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[from + i]) return false;
  return true;
}
