// SPDX-License-Identifier: GPL-2.0-only
// A figure for each of some names.

export function record<K extends string>(
  keys: readonly K[],
  value: (key: K) => number,
): Readonly<Record<K, number>> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, number>;
}
