// SPDX-License-Identifier: GPL-2.0-only
// A small deterministic generator (mulberry32): the same seed gives the same numbers everywhere.

export class random_source {
  private state: number;
  private draws = 0;

  /** @param seed a 32-bit number; print the source itself to have it in a message */
  constructor(readonly seed: number) {
    this.state = seed | 0;
  }

  /** 0..2^32-1 */
  next(): number {
    this.draws++;
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /**
   * 0..n-1
   * @throws RangeError unless n is a whole number of 1..2^32
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32)
      throw new RangeError(`below(${String(n)}): a whole number of 1..2^32 is needed`);
    return Math.floor((this.next() / 2 ** 32) * n);
  }

  /** low..high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True `percent` times out of 100. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /**
   * One of the items.
   * @throws RangeError when there is none
   */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** `random(0x2a) after 3 draws`: enough to get here again. */
  toString(): string {
    return `random(0x${(this.seed >>> 0).toString(16)}) after ${String(this.draws)} draws`;
  }
}

export function random(seed: number): random_source {
  return new random_source(seed);
}
