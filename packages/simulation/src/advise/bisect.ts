// SPDX-License-Identifier: GPL-2.0-only
// Bisection of whole numbers.

/** The first number behind `low` from which on it holds, if it holds at `high` and not at `low`. */
export function firstWith(low: number, high: number, holds: (n: number) => boolean): number {
  let [below, found] = [low, high];
  while (found - below > 1) {
    const middle = Math.floor((below + found) / 2);
    if (holds(middle)) found = middle;
    else below = middle;
  }
  return found;
}
