// SPDX-License-Identifier: GPL-2.0-only
// C and TypeScript beside each other on a terminal.

import type { Row, Token } from '@iommu-bounce/reader';
import { visibleLine } from '@iommu-bounce/reader/light';
import { NARROWEST, inAscii, shown } from '../show/text';

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
  /** Of the terminal. */
  readonly columns: number;
  readonly colour: boolean;
  readonly ascii: boolean;
  /** Which sides; `both` stand beside each other from 100 columns on, below that one under the other. */
  readonly side: 'both' | 'c' | 'ts';
}

/** From so many columns on, both sides stand beside each other. */
const TWO_SIDES = 100;

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
/** Lines of a file of which only hunks are known, left out. */
const LEFT_OUT = '⋯';

type Side = 'c' | 'ts';

interface Column {
  readonly name: Side;
  readonly side: BesideSide;
}

/** The rows; a side that is null is left out, and the other has the whole width. */
export function besideText(
  rows: readonly Row[],
  c: BesideSide | null,
  ts: BesideSide | null,
  look: BesideLook,
): string {
  const wanted = (name: Side): boolean =>
    look.side === 'both' || look.side === name || (name === 'c' ? ts : c) === null;
  const sides: Column[] = [
    ...(c && wanted('c') ? [{ name: 'c' as const, side: c }] : []),
    ...(ts && wanted('ts') ? [{ name: 'ts' as const, side: ts }] : []),
  ];
  const columns = Math.max(look.columns, NARROWEST);
  const numbers = Math.max(
    ...rows.map((row) => Math.max(String(row.c ?? '').length, String(row.ts ?? '').length)),
  );
  const stacked = sides.length > 1 && columns < TWO_SIDES;
  const lines = stacked
    ? stackedLines(rows, sides, { ...look, numbers, width: columns })
    : linesBeside(rows, sides, {
        numbers,
        width: Math.floor((columns - 3 * (sides.length - 1)) / sides.length),
        ...look,
      });
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function linesBeside(rows: readonly Row[], sides: readonly Column[], look: CellLook): string[] {
  const blank = ' '.repeat(look.width);
  const joined = (cells: readonly (readonly string[])[], between: string): string[] =>
    Array.from({ length: Math.max(...cells.map((lines) => lines.length)) }, (_, i) =>
      cells.map((lines) => lines[i] ?? blank).join(between),
    );
  const out = joined(
    sides.map(({ side }) => titleLines(side.title, look)),
    MATCHED,
  );
  let last: number | null = null;
  for (const row of rows) {
    if (jumps(row, last))
      out.push(
        ...joined(
          sides.map(({ name }) => [leftOut(name === 'c', look)]),
          BESIDE,
        ),
      );
    last = row.c ?? last;
    const cells = sides.map(({ name, side }) => cell(side, row[name], look));
    out.push(...joined(cells, row.matched ? MATCHED : BESIDE));
  }
  return out;
}

/** Piece by piece: the lines of the C, and under them those of the TypeScript. */
function stackedLines(rows: readonly Row[], sides: readonly Column[], look: CellLook): string[] {
  const labels: Readonly<Record<Side, string>> = { c: 'C  ', ts: 'TS ' };
  const inner = { ...look, width: look.width - 3 };
  const out = sides.flatMap(({ name, side }) =>
    titleLines(side.title, inner).map((line) => labels[name] + line),
  );
  let last: number | null = null;
  for (const piece of pieces(rows, sides)) {
    out.push('');
    for (const { name, side } of sides)
      for (const row of piece) {
        if (row[name] === null) continue;
        if (name === 'c' && jumps(row, last)) out.push(labels.c + leftOut(true, inner));
        if (name === 'c') last = row.c;
        if ((side.lines[row[name] - 1] ?? '').trim() === '') continue;
        out.push(...cell(side, row[name], inner).map((line) => labels[name] + line));
      }
  }
  return out;
}

/** Rows cut where a row of counterparts comes after a blank line. */
function pieces(rows: readonly Row[], sides: readonly Column[]): Row[][] {
  const out: Row[][] = [];
  let afterBlank = true;
  for (const row of rows) {
    const texts = sides.flatMap(({ name, side }) => {
      const line = row[name];
      return line === null ? [] : [(side.lines[line - 1] ?? '').trim()];
    });
    const both = row.c !== null && row.ts !== null && row.matched;
    if (out.length === 0 || (afterBlank && both)) out.push([]);
    out.at(-1)?.push(row);
    if (both) afterBlank = false;
    if (texts.includes('')) afterBlank = true;
  }
  return out.filter((piece) =>
    piece.some((row) =>
      sides.some(({ name, side }) => (side.lines[(row[name] ?? 0) - 1] ?? '').trim() !== ''),
    ),
  );
}

/** In a file that is known by its hunks alone. */
function jumps({ c }: Row, last: number | null): boolean {
  return c !== null && last !== null && c > last + 1;
}

function leftOut(isC: boolean, { numbers, width, ascii }: CellLook): string {
  return (isC ? `${' '.repeat(numbers + 3)}${shown(LEFT_OUT, { ascii })}` : '').padEnd(width);
}

/** A path is broken behind a slash. */
function titleLines(title: string, { width, colour, ascii }: CellLook): string[] {
  const lines = [''];
  for (const part of shown(title, { ascii }).split(/(?<=[/ ])/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + part.trimEnd().length > width) lines.push(part);
    else lines[lines.length - 1] = line + part;
  }
  return lines.map((line) => {
    const padded = line.slice(0, width).padEnd(width);
    return colour ? `\x1b[1m${padded}\x1b[0m` : padded;
  });
}

interface CellLook {
  readonly numbers: number;
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
}

/** A line of a file as lines of `width` columns: number, patch, text. */
function cell(side: BesideSide, line: number | null, look: CellLook): string[] {
  if (line === null) return [' '.repeat(look.width)];
  const patch = side.patch?.(line) ?? 0;
  const gutter = `${String(line).padStart(look.numbers)}${patch > 0 ? `+${String(patch)}` : '  '} `;
  const room = look.width - gutter.length;
  const parts = broken(characters(side, line, look.ascii), room);
  return parts.map((part, i) => {
    const text = part.map((ch) => ch.text).join('');
    const painted = look.colour ? coloured(part) : text;
    const front = i === 0 ? gutter : ' '.repeat(gutter.length);
    const head = look.colour ? `\x1b[${patch > 0 ? '32' : '2'}m${front}\x1b[0m` : front;
    return head + painted + ' '.repeat(Math.max(0, room - part.length));
  });
}

interface Character {
  readonly text: string;
  readonly kind: Token['kind'] | null;
}

/** Tabs become spaces to the next multiple of 4; other hidden characters are shown as [U+XXXX]. */
function characters(side: BesideSide, line: number, ascii: boolean): Character[] {
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
      const visible = ascii ? inAscii(visibleLine(ch)) : visibleLine(ch);
      for (const part of visible === ch ? [ch] : visible) out.push({ text: part, kind });
    }
  }
  return out;
}

/** How much further than its first line a line that is broken goes on. */
const HANG = 4;

/** Broken into pieces of at most `room` characters, at a space or beside a sign, never in a name that fits. */
function broken(text: readonly Character[], room: number): Character[][] {
  const out: Character[][] = [];
  const first = text.findIndex(({ text: ch }) => ch !== ' ');
  const hang = Math.min(Math.max(first, 0) + HANG, Math.floor(room / 2));
  let rest = text;
  let indent: Character[] = [];
  while (indent.length + rest.length > room) {
    const end = breakAt(rest, room - indent.length, out.length === 0 ? first : 0);
    out.push([...indent, ...rest.slice(0, end)]);
    rest = rest.slice(rest[end]?.text === ' ' ? end + 1 : end);
    indent = Array.from({ length: hang }, () => ({ text: ' ', kind: null }));
  }
  out.push([...indent, ...rest]);
  return out;
}

/** @param from what stands in front of it is blank */
function breakAt(text: readonly Character[], room: number, from: number): number {
  const isWord = (at: number): boolean => /[\w$]/.test(text[at]?.text ?? '');
  const least = Math.max(from, 0) + 1;
  for (let at = room; at > Math.max(least, room / 2); at--) if (text[at]?.text === ' ') return at;
  for (let at = room; at > least; at--) if (!(isWord(at - 1) && isWord(at))) return at;
  return room;
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
