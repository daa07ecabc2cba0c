// SPDX-License-Identifier: GPL-2.0-only
// What a mistyped option may have meant.

import type { Kconfig } from './kconfig';

const MOST = 5;

/** Why there is no option `name`: only used, or mistyped; with the nearest names. */
export function whyNone(kconfig: Kconfig, name: string): string {
  const near = suggestions(kconfig, name);
  const hint = near.length === 0 ? '' : `; did you mean ${alternatives(near)}?`;
  if (kconfig.isUsed(name)) return `the files name it, but none of them defines it${hint}`;
  return hint === '' ? 'expected a config statement' : hint.slice(2);
}

/** The options whose names are nearest to `name`, at most five, nearest first. */
export function suggestions(kconfig: Kconfig, name: string): string[] {
  const wanted = name.toUpperCase();
  const limit = Math.max(1, Math.min(4, Math.floor(wanted.length / 3)));
  const found: { name: string; distance: number }[] = [];
  for (const symbol of kconfig.symbols) {
    const own = symbol.name.toUpperCase();
    const isPart = wanted.length >= 4 && (own.includes(wanted) || wanted.includes(own));
    // A name within another one ranks behind a mistyped one.
    const distance = isPart && own.length >= 4 ? limit + 1 : distanceOf(wanted, own, limit);
    const exact = own === wanted ? 0 : Math.min(distance, distanceOf(wanted, own, limit));
    if (exact <= limit + 1) found.push({ name: symbol.name, distance: exact });
  }
  const closeness = (own: string) => Math.abs(own.length - name.length);
  found.sort(
    (a, b) =>
      a.distance - b.distance ||
      closeness(a.name) - closeness(b.name) ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  return found.slice(0, MOST).map((one) => one.name);
}

function alternatives(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}

/** Edits (insert, delete, replace, swap of neighbours) from a to b; more than `limit + 1` is Infinity. */
function distanceOf(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return Infinity;
    before = row;
    row = next;
  }
  const distance = row[b.length] ?? Infinity;
  return distance > limit ? Infinity : distance;
}
