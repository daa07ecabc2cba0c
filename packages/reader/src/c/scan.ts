// SPDX-License-Identifier: GPL-2.0-only
// The words of a C text: comments, strings, names, numbers and directives, by position. It never fails.

/** A word; offsets in the text, `end` not included. */
export interface Word {
  readonly kind: 'comment' | 'string' | 'number' | 'name' | 'directive' | 'sign';
  readonly start: number;
  readonly end: number;
}

const WORD =
  /(\/\*[\s\S]*?(?:\*\/|$)|\/\/(?:\\\r?\n|[^\n])*)|("(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?)|(\.?\d(?:[eEpP][+-]|[\w.])*)|([A-Za-z_]\w*)|(\S)/gu;

const KINDS = ['comment', 'string', 'number', 'name', 'sign'] as const;

/** True if only blanks are between the start of the line and `at`. */
function beginsLine(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0 && text[i] !== '\n'; i--)
    if (text[i] !== ' ' && text[i] !== '\t') return false;
  return true;
}

/** The end of a directive: of its last line, where each line but the last ends in a backslash or inside of a comment. */
function directiveEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    const newline = text.indexOf('\n', end);
    if (newline < 0) return text.length;
    const open = text.lastIndexOf('/*', newline);
    const close = open < start ? -1 : text.indexOf('*/', open);
    if (close > newline) end = close + 2;
    else if (/\\\r?$/u.test(text.slice(end, newline))) end = newline + 1;
    else return newline;
  }
}

/** All words of a text, in order. A directive is one word, from its `#` to the end of its last line. */
export function scan(text: string): Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match; match = WORD.exec(text)) {
    const start = match.index;
    if (match[0] === '#' && beginsLine(text, start)) {
      const end = directiveEnd(text, start);
      words.push({ kind: 'directive', start, end });
      WORD.lastIndex = end;
      continue;
    }
    const kind = KINDS.find((_, i) => match[i + 1]) ?? 'sign';
    words.push({ kind, start, end: WORD.lastIndex });
  }
  return words;
}

/** The text with each comment, and if asked each directive, replaced by blanks: every column stays. */
export function blank(
  text: string,
  words: readonly Word[],
  kinds: readonly Word['kind'][],
): string {
  let result = '';
  let at = 0;
  for (const word of words) {
    if (!kinds.includes(word.kind)) continue;
    result += text.slice(at, word.start) + text.slice(word.start, word.end).replace(/[^\n]/gu, ' ');
    at = word.end;
  }
  return result + text.slice(at);
}
