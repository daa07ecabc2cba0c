// SPDX-License-Identifier: GPL-2.0-only
// What keeps a map or a set bounded.

/** Deletes the key that was put in first, of a map or a set. */
export function forgetFirst<K>(of: { keys(): Iterable<K>; delete(key: K): boolean }): void {
  for (const key of of.keys()) {
    of.delete(key);
    return;
  }
}
