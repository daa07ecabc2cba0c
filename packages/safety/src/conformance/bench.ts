// SPDX-License-Identifier: GPL-2.0-only
// What rules have in common: places in memory, data that occurs once, and comparisons in words.

import type { CpuRange, DmaDirection, DmaSubject } from './subject';

/** A rule does not hold: what was seen. */
export class Broken extends Error {}

/** Odd, so that multiples differ in all bits. */
const MIX = 0x9e3779b1;

export class Bench {
  private serial = 0;

  constructor(readonly subject: DmaSubject) {}

  get page(): number {
    return this.subject.pageBytes;
  }

  /** A place in the n-th page of the kit's memory. */
  at(page: number, offset = 0): number {
    return this.subject.memory.address + page * this.page + offset;
  }

  /** Bytes that no earlier data has: no run of eight of them occurs twice. */
  fresh(bytes: number): Uint8Array {
    const data = new Uint8Array(bytes);
    let state = Math.imul(++this.serial, MIX);
    for (let i = 0; i < bytes; i++) {
      state = Math.imul(state ^ (state >>> 15), MIX | 1) + 0x6d2b79f5;
      data[i] = 1 + ((state >>> 16) % 255);
    }
    return data;
  }

  /** The CPU writes fresh bytes. @returns them */
  fill({ address, bytes }: CpuRange): Uint8Array {
    const data = this.fresh(bytes);
    this.subject.cpuWrite(address, data);
    return data;
  }

  /** @throws Broken if it cannot be mapped */
  map(address: number, bytes: number, direction: DmaDirection): number {
    const dma = this.subject.map_page(address, bytes, direction);
    if (dma === null) throw new Broken(`${String(bytes)} bytes cannot be mapped`);
    return dma;
  }

  /** @throws Broken if the device cannot */
  read(dma: number, bytes: number): Uint8Array {
    const data = this.subject.deviceRead(dma, bytes);
    if (data === null) throw new Broken(`the device cannot read ${String(bytes)} bytes`);
    return data;
  }

  /** @throws Broken if the device cannot */
  write(dma: number, data: Uint8Array): void {
    if (!this.subject.deviceWrite(dma, data))
      throw new Broken(`the device cannot write ${String(data.length)} bytes`);
  }

  /** @throws Broken if the bytes are not those that are expected */
  same(found: Uint8Array, expected: Uint8Array, what: string): void {
    if (found.length !== expected.length)
      throw new Broken(
        `${what}: ${String(found.length)} bytes, expected ${String(expected.length)}`,
      );
    let first = -1;
    let wrong = 0;
    for (let i = 0; i < found.length; i++) {
      if (found[i] === expected[i]) continue;
      if (first < 0) first = i;
      wrong++;
    }
    if (wrong > 0)
      throw new Broken(
        `${what}: ${String(wrong)} of ${String(found.length)} bytes differ, the first at ${String(first)}`,
      );
  }

  /** What the CPU finds in memory. @throws Broken if that is not what is expected */
  finds(address: number, expected: Uint8Array, what: string): void {
    this.same(this.subject.cpuRead(address, expected.length), expected, what);
  }

  /**
   * A hostile device reads around an address, byte by byte where it has to.
   * @throws Broken if it sees eight bytes in a row of some data
   */
  cannotSee(secret: Uint8Array, dma: number, from: number, to: number, what: string): void {
    const known = new Set<string>();
    for (let i = 0; i + WINDOW <= secret.length; i++) known.add(keyOf(secret, i));
    const seen = new Uint8Array(to - from);
    for (let i = from; i < to; i++) {
      const byte = dma + i < 0 ? null : this.subject.deviceRead(dma + i, 1);
      seen[i - from] = byte?.[0] ?? 0;
    }
    for (let i = 0; i + WINDOW <= seen.length; i++)
      if (known.has(keyOf(seen, i)))
        throw new Broken(`${what}: the device reads it at ${String(from + i)} of its address`);
  }

  /** A hostile device writes around an address, byte by byte: what it can, it does. */
  attack(dma: number, from: number, to: number): void {
    for (let i = from; i < to; i++) if (dma + i >= 0) this.subject.deviceWrite(dma + i, ATTACK);
  }
}

const WINDOW = 8;
/** No fresh byte has this value. */
const ATTACK = Uint8Array.of(0);

function keyOf(data: Uint8Array, at: number): string {
  return data.subarray(at, at + WINDOW).join();
}
