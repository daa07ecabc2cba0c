// SPDX-License-Identifier: GPL-2.0-only
// Sums of one figure of several things.

/** @returns 0 without items */
export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
