// SPDX-License-Identifier: GPL-2.0-only
// C and TypeScript beside each other on a terminal.

import { type Row, type Token, visibleLine } from '@iommu-bounce/reader';

/** One side of the screen. */
export interface BesideSide {
  readonly title: string;
  /** The whole file. */
  readonly lines: readonly string[];
  readonly tokens: readonly (readonly Token[])[];
  /** For each line of the file, the patch that wrote it; 0 and '' show nothing. */
  readonly patch?: (line: number) => number;
}

export interface BesideLook {
  /** Of the terminal; from 40 on. */
  readonly columns: number;
  readonly colour: boolean;
}

const COLOURS: Record<Token['kind'], string> = {
  comment: '2',
  string: '32',
  keyword: '35',
  number: '36',
  macro: '33',
  name: '',
};

/** Between counterparts, and between lines that only stand beside each other. */
const [MATCHED, BESIDE] = [' │ ', ' ┊ '];

/** The rows; a side that is null is left out, and the other has the whole width. */
export function besideText(
  rows: readonly Row[],
  c: BesideSide | null,
  ts: BesideSide | null,
  look: BesideLook,
): string {
  const sides = [
    ...(c ? [{ side: c, line: (row: Row): number | null => row.c }] : []),
    ...(ts ? [{ side: ts, line: (row: Row): number | null => row.ts }] : []),
  ];
  const width = Math.floor((Math.max(look.columns, 40) - 3 * (sides.length - 1)) / sides.length);
  const numbers = Math.max(
    ...rows.map((row) => Math.max(String(row.c ?? '').length, String(row.ts ?? '').length)),
  );
  const bold = (text: string): string => (look.colour ? `\x1b[1m${text}\x1b[0m` : text);
  const head = sides.map(({ side }) => bold(side.title.slice(-width).padEnd(width)));
  const out = [head.join(MATCHED).trimEnd()];
  let last: number | null = null;
  for (const row of rows) {
    // A file that is known by its hunks alone.
    if (c && row.c !== null && last !== null && row.c > last + 1)
      out.push(`${' '.repeat(numbers + 3)}⋯`.padEnd(width) + (ts ? BESIDE.trimEnd() : ''));
    last = row.c ?? last;
    const cells = sides.map(({ side, line }) =>
      cell(side, line(row), { numbers, width, colour: look.colour }),
    );
    const height = Math.max(...cells.map((lines) => lines.length));
    const blank = ' '.repeat(width);
    for (let i = 0; i < height; i++)
      out.push(
        cells
          .map((lines) => lines[i] ?? blank)
          .join(row.matched ? MATCHED : BESIDE)
          .trimEnd(),
      );
  }
  return `${out.join('\n')}\n`;
}

interface CellLook {
  readonly numbers: number;
  readonly width: number;
  readonly colour: boolean;
}

/** A line of a file as lines of `width` columns: number, patch, text. */
function cell(side: BesideSide, line: number | null, look: CellLook): string[] {
  if (line === null) return [' '.repeat(look.width)];
  const patch = side.patch?.(line) ?? 0;
  const gutter = `${String(line).padStart(look.numbers)}${patch > 0 ? `+${String(patch)}` : '  '} `;
  const room = look.width - gutter.length;
  const parts = broken(characters(side, line), room);
  return parts.map((part, i) => {
    const text = part.map((ch) => ch.text).join('');
    const shown = look.colour ? coloured(part) : text;
    const front = i === 0 ? gutter : ' '.repeat(gutter.length);
    const painted = look.colour ? `\x1b[${patch > 0 ? '32' : '2'}m${front}\x1b[0m` : front;
    return painted + shown + ' '.repeat(Math.max(0, room - part.length));
  });
}

interface Character {
  readonly text: string;
  readonly kind: Token['kind'] | null;
}

/** Tabs become spaces to the next multiple of 4; other hidden characters are shown as [U+XXXX]. */
function characters(side: BesideSide, line: number): Character[] {
  const text = side.lines[line - 1] ?? '';
  const tokens = side.tokens[line - 1] ?? [];
  const out: Character[] = [];
  let token = 0;
  let i = 0;
  for (const ch of text) {
    while (token < tokens.length && (tokens[token]?.end ?? 0) <= i) token++;
    const at = tokens[token];
    const kind = at !== undefined && at.start <= i ? at.kind : null;
    i += ch.length;
    if (ch === '\t')
      do out.push({ text: ' ', kind });
      while (out.length % 4 !== 0);
    else {
      const shown = visibleLine(ch);
      for (const part of shown === ch ? [ch] : shown) out.push({ text: part, kind });
    }
  }
  return out;
}

/** Broken into pieces of at most `room` characters, at a space where there is one in the second half. */
function broken(text: readonly Character[], room: number): Character[][] {
  const out: Character[][] = [];
  let from = 0;
  while (text.length - from > room) {
    let end = from + room;
    for (let at = end; at > from + room / 2; at--)
      if (text[at]?.text === ' ') {
        end = at;
        break;
      }
    out.push(text.slice(from, end));
    from = text[end]?.text === ' ' ? end + 1 : end;
  }
  out.push(text.slice(from));
  return out;
}

function coloured(part: readonly Character[]): string {
  let out = '';
  let now = '';
  for (const { text, kind } of part) {
    const colour = kind === null ? '' : COLOURS[kind];
    if (colour !== now) {
      out += colour === '' ? '\x1b[0m' : `\x1b[0;${colour}m`;
      now = colour;
    }
    out += text;
  }
  return now === '' ? out : `${out}\x1b[0m`;
}
