// SPDX-License-Identifier: GPL-2.0-only
// The three-valued logic of Kconfig: n < m < y, "and" is the minimum, "or" the maximum, "not" 2 - x.

export type Tristate = 0 | 1 | 2;
export type TristateName = 'n' | 'm' | 'y';

export const NO = 0;
export const MOD = 1;
export const YES = 2;

const NAMES = ['n', 'm', 'y'] as const;

export function tristateName(value: Tristate): TristateName {
  return NAMES[value];
}

/** The value that `name` spells, or undefined if it is none of n, m, y. */
export function tristateOf(name: string): Tristate | undefined {
  switch (name) {
    case 'n':
      return NO;
    case 'm':
      return MOD;
    case 'y':
      return YES;
    default:
      return undefined;
  }
}

export function triAnd(a: Tristate, b: Tristate): Tristate {
  return a < b ? a : b;
}

export function triOr(a: Tristate, b: Tristate): Tristate {
  return a > b ? a : b;
}

export function triNot(a: Tristate): Tristate {
  return a === NO ? YES : a === YES ? NO : MOD;
}

/** A bool has no m: what would be m becomes y. */
export function promoteModule(value: Tristate): Tristate {
  return value === MOD ? YES : value;
}
