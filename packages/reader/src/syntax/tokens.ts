// SPDX-License-Identifier: GPL-2.0-only
// Tokens of both languages: which kind a name has, and what of them is on each line.

import type { Token } from './definition';

/** A name as both languages' pages show it. */
export function kindOfName(name: string, keywords: ReadonlySet<string>): Token['kind'] {
  if (keywords.has(name)) return 'keyword';
  return /^_*[A-Z][A-Z0-9_]+$/u.test(name) ? 'macro' : 'name';
}

/** Cuts a part of a text into one token for each of its lines. */
export function tokensByLine(
  lines: readonly string[],
  parts: Iterable<{ readonly start: number; readonly end: number; readonly kind: Token['kind'] }>,
): Token[][] {
  const result: Token[][] = lines.map(() => []);
  let line = 0;
  let lineStart = 0;
  for (const part of parts) {
    while (line < lines.length && lineStart + (lines[line]?.length ?? 0) < part.start) {
      lineStart += (lines[line]?.length ?? 0) + 1;
      line++;
    }
    let row = line;
    let rowStart = lineStart;
    while (row < lines.length && rowStart < part.end) {
      const length = lines[row]?.length ?? 0;
      const start = Math.max(0, part.start - rowStart);
      const end = Math.min(length, part.end - rowStart);
      if (end > start) result[row]?.push({ start, end, kind: part.kind });
      rowStart += length + 1;
      row++;
    }
  }
  return result;
}
