// SPDX-License-Identifier: GPL-2.0-only
// What keeps a map bounded.

/** Deletes the key that was put in first. */
export function forgetFirst<K>(map: Map<K, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
