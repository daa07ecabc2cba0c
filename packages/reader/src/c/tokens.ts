// SPDX-License-Identifier: GPL-2.0-only
// The parts of C lines that are shown in a colour or as a link.

import type { Token } from '../syntax/definition';
import { scan } from './scan';

const KEYWORDS = new Set(
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false NULL'.split(
    ' ',
  ),
);

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

function* parts(
  text: string,
  offset: number,
): Generator<{ start: number; end: number; kind: Token['kind'] }> {
  for (const word of scan(text)) {
    const { start, end } = { start: offset + word.start, end: offset + word.end };
    if (word.kind === 'comment' || word.kind === 'string' || word.kind === 'number')
      yield { start, end, kind: word.kind };
    else if (word.kind === 'name')
      yield { start, end, kind: kindOfName(text.slice(word.start, word.end), KEYWORDS) };
    else if (word.kind === 'directive') {
      const hash = /^#\s*\w*/u.exec(text.slice(word.start, word.end))?.[0].length ?? 1;
      yield { start, end: start + hash, kind: 'keyword' };
      yield* parts(text.slice(word.start + hash, word.end), start + hash);
    }
  }
}

/** The tokens of each line of a C text. */
export function tokensOfC(lines: readonly string[]): Token[][] {
  return tokensByLine(lines, parts(lines.join('\n'), 0));
}
