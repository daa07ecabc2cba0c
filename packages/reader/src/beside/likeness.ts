// SPDX-License-Identifier: GPL-2.0-only
// How much a line of C and a line of TypeScript have in common.

/** Words that one language writes where the other has none, or another. */
const OWN: ReadonlySet<string> = new Set(
  'const let this struct static unsigned int void private protected'.split(' '),
);

/** What both languages write alike on a line: names of two letters or more, and the words of control flow. */
export function wordsOf(text: string): ReadonlySet<string> {
  const words = text.match(/[A-Za-z_]\w+/g) ?? [];
  return new Set(words.filter((word) => !OWN.has(word)));
}

/** The part of their words that two lines share, 0 to 1; 0 if a line has none. */
export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared === 0 ? 0 : shared / Math.max(a.size, b.size);
}

/** From this part on, two lines at the same place are counterparts. */
export const ALIKE = 0.5;
