// SPDX-License-Identifier: GPL-2.0-only
// The parts of C lines that are shown in a colour or as a link.

import type { Token } from '../syntax/definition';
import { kindOfName, tokensByLine } from '../syntax/tokens';
import { scan } from './scan';

const KEYWORDS = new Set(
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false NULL'.split(
    ' ',
  ),
);

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
