// SPDX-License-Identifier: GPL-2.0-only
// What keeps a map or a set bounded.

/** Deletes the key that was put in first. */
export function forgetFirst<K>(of: Map<K, unknown> | Set<K>): void {
  for (const key of of.keys()) {
    of.delete(key);
    return;
  }
}
