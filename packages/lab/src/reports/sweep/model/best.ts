// SPDX-License-Identifier: GPL-2.0-only
// The best points of a measure.

import type { Better } from '../data';

export interface Best {
  readonly value: number;
  /** The first that has it. */
  readonly index: number;
  /** How many have it. */
  readonly ties: number;
}

/** @returns null if none has a finite number */
export function bestOf(length: number, value: (i: number) => number, better: Better): Best | null {
  let [found, at, ties] = [NaN, -1, 0];
  for (let index = 0; index < length; index++) {
    const own = value(index);
    if (!Number.isFinite(own)) continue;
    if (own === found) ties++;
    else if (ties === 0 || (better === 'more' ? own > found : own < found))
      [found, at, ties] = [own, index, 1];
  }
  return ties === 0 ? null : { value: found, index: at, ties };
}
