// SPDX-License-Identifier: GPL-2.0-only
// Sets of numbers as a short text, `0-3,7`: one function can be reached by all transcripts.

/** @param numbers from 0 on, in any order */
export function rangesText(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts: [number, number][] = [];
  for (const n of sorted) {
    const last = parts.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else parts.push([n, n]);
  }
  return parts.map(([a, b]) => (a === b ? String(a) : `${String(a)}-${String(b)}`)).join(',');
}

/** The numbers of such a text. @throws RangeError for another text */
export function numbersIn(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((range) => {
    const [from = NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
