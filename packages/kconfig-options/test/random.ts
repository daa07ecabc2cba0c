// SPDX-License-Identifier: GPL-2.0-only
// Repeatable random numbers, and the texts and numbers that random options take.

/** Small, fast and repeatable: mulberry32. */
export class Random {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

export const TEXTS = [
  '',
  'text',
  'two words',
  'a "quoted" word',
  'back\\slash',
  "it's # here",
  'äöü',
  'y',
];
export const INTS = ['0', '1', '5', '42', '12', '99'];
export const HEXES = ['0x0', '0x10', 'ff', '0XAB', '1f', '8'];
/** Numbers that the kernel and kconfiglib read in different ways. */
export const ODD_INTS = ['-3', '007', '+8', '100000000000000000000', '1_0'];
export const ODD_HEXES = ['0xffffffffffffffffff', '0x0_1', '-0x1'];

/** Whose language: where the two differ, a case for kconfiglib has nothing that they read in different ways. */
export type Dialect = 'kconfiglib' | 'kernel';
