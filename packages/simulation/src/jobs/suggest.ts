// SPDX-License-Identifier: GPL-2.0-only
// The name that was probably meant, as fio suggests one.

import { JOB_OPTIONS } from './option-table';

/** The option with a name at most a third away, by characters put in, left out or changed; null if none is so near. */
export function closest(name: string): string | null {
  let best: string | null = null;
  let least = Math.floor(name.length / 3) + 1;
  for (const option of JOB_OPTIONS)
    for (const known of [option.name, option.alias ?? option.name]) {
      const far = distance(name.toLowerCase(), known);
      if (far < least) {
        least = far;
        best = known;
      }
    }
  return best;
}

/** Levenshtein's distance. Names are short; a longer text is cut. */
function distance(a: string, b: string): number {
  const text = a.slice(0, 64);
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < text.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(
        Math.min(
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
          (row[j] ?? 0) + (text[i] === b[j] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
