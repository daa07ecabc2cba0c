// SPDX-License-Identifier: GPL-2.0-only
// A name that nobody defines: the names that its user may have meant.

import type { Reading } from '@iommu-bounce/reader';
import { UsageError, oneLine } from '../errors';

/** So many suggestions at most. */
const MOST = 5;

export function unknownName(name: string, reading: Reading): UsageError {
  const near = nearNames(name, allNames(reading));
  return new UsageError(
    `'${oneLine(name)}': neither the C nor the TypeScript defines it${near.length > 0 ? `; near it: ${near.join(', ')}` : ''}`,
  );
}

function allNames({ c, port }: Reading): ReadonlySet<string> {
  return new Set([
    ...port.files.flatMap((file) => file.definitions.map((d) => d.name)),
    ...(c ? c.beside.flatMap((file) => file.pairs.map((pair) => pair.name)) : []),
  ]);
}

/** Names with the text in them, and names that a few changed letters make of it; the nearest first. */
export function nearNames(name: string, all: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  if (wanted.length < 3) return [];
  const most = Math.max(1, Math.floor(wanted.length / 4));
  return [...all]
    .map((other): [number, string] => {
      const text = other.toLowerCase();
      const letters = distance(wanted, text, most);
      // A part of a name is near it, but an error of one letter is nearer.
      return [
        Math.min(letters, text.includes(wanted) ? 2 + text.length - wanted.length : Infinity),
        other,
      ];
    })
    .filter(([far]) => far < Infinity)
    .sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1))
    .slice(0, MOST)
    .map(([, other]) => other);
}

/** How many letters to add, remove or replace; Infinity if more than `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  const letters = row[b.length] ?? Infinity;
  return letters > most ? Infinity : letters;
}
