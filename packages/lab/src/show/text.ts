// SPDX-License-Identifier: GPL-2.0-only
// Lines for a terminal: as wide as it is, and in characters that it can show.

import { oneLine } from '../errors';

/** What a text is laid out for. */
export interface Screen {
  readonly columns: number;
  /** Whether it shows ASCII only, as the locale C does. */
  readonly ascii: boolean;
}

/** Where nothing is known of a terminal. */
export const PAPER: Screen = { columns: 100, ascii: false };
/** Nothing is made narrower. */
export const NARROWEST = 40;

/** Prose in longer lines is hard to read; tables may be wider. */
const WIDEST_PROSE = 100;

/** What stands for a character in ASCII. */
const ASCII: Readonly<Record<string, string>> = {
  ...{ µ: 'u', '×': 'x', '·': '.', '°': ' deg ', '±': '+-', '−': '-', '–': '-', '—': '-' },
  ...{ '…': '...', '⋯': '...', '‘': "'", '’': "'", '“': '"', '”': '"', '•': '*' },
  ...{ '≤': '<=', '≥': '>=', '≠': '!=', '→': '->', '←': '<-', '⇄': '<->', '│': '|', '┊': ':' },
};

/** In ASCII; a character that has no word there as its number, `\u00e9`. */
export function inAscii(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (char) => {
    const known = ASCII[char];
    if (known !== undefined) return known;
    if (/[─━]/.test(char)) return '-';
    if (/[\u2500-\u257f]/.test(char)) return '+'; // where lines of a table meet
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** As the screen can show it. */
export function shown(text: string, { ascii }: Pick<Screen, 'ascii'>): string {
  return ascii ? inAscii(text) : text;
}

/**
 * Prose, broken at spaces; no control characters.
 * @param indent of all lines but the first
 */
export function wrapped(text: string, screen: Screen, indent = ''): string {
  return brokenAt(shown(oneLine(text), screen), proseColumns(screen), indent).join('\n');
}

/** How long a line of prose may be. */
export function proseColumns({ columns }: Pick<Screen, 'columns'>): number {
  return Math.min(columns, WIDEST_PROSE);
}

/** A line that begins with a place, as compilers print them: whole for tools, broken where a width is known. */
export function placed(text: string, screen: Screen, indent = ''): string {
  return brokenAt(shown(oneLine(text), screen), screen.columns, indent).join('\n');
}

/** At spaces; a word that is longer than a line has one of its own. */
export function brokenAt(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  // A percent sign stays with its number.
  for (const word of text.split(/ (?!%)/)) {
    if (line === null) line = word;
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line ?? ''];
}

/** A text whose lines have indents and marks (`- `) of their own: each line is broken under its own beginning. */
export function reflowed(text: string, screen: Screen): string {
  return text
    .split('\n')
    .map((line) => {
      const [front = ''] = /^ *(?:- )?/.exec(line) ?? [];
      return (
        front +
        wrapped(line.slice(front.length), narrower(screen, front.length)).replaceAll(
          '\n',
          `\n${' '.repeat(front.length)}`,
        )
      );
    })
    .join('\n');
}

/** A screen with less room, beside an indent. */
export function narrower(screen: Screen, by: number): Screen {
  return { ...screen, columns: Math.min(screen.columns, WIDEST_PROSE) - by };
}
