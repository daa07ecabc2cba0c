// SPDX-License-Identifier: GPL-2.0-only
// A table that is wider than its terminal: cells broken at spaces, then several tables below each other, each with the
// columns that name a row; as R and pandas print wide data.

import { brokenAt } from './text';

/** The cells of a table; the first row is its head. */
export type Cells = readonly (readonly string[])[];

export interface Fold {
  /** The first so many columns name a row. */
  readonly keys: number;
  readonly isNumber: (column: number) => boolean;
  /** Columns in front of which a table is cut by preference. */
  readonly cuts: readonly number[];
}

/** A text column is not made narrower than this. */
const NARROW_TEXT = 12;
/** Columns that name a row may take this share of the room, or tables say the same too often. */
const MOST_KEYS = 0.6;
/** Of each column: a border and a space at both sides. */
const FRAME = 3;

interface Width {
  /** Of the longest line. */
  readonly natural: number;
  /** With all breaks that may be made. */
  readonly least: number;
}

/**
 * The tables, by the columns that each has, with cells broken so that it fits.
 * @returns null if the columns that name a row leave too little room for others
 */
export function fold(
  cells: Cells,
  { keys, isNumber, cuts }: Fold,
  room: number,
): { readonly columns: readonly number[]; readonly cells: Cells }[] | null {
  const widths = (cells[0] ?? []).map((_, i) => widthOf(cells, i, isNumber(i)));
  const all = widths.map((_, i) => i);
  const named = all.slice(0, keys);
  const wide = (columns: readonly number[]): number =>
    framed(columns.map((i) => widths[i]?.least ?? 0));
  const fits = (columns: readonly number[]): boolean => wide(columns) <= room;
  const groups = fits(all)
    ? [all]
    : grouped(all.slice(keys), cuts, (some) => fits([...named, ...some])).map((some) => [
        ...named,
        ...some,
      ]);
  const isCut = groups.length > 1;
  if (!groups.every(fits) || (isCut && wide(named) > MOST_KEYS * room)) return null;
  return groups.map((columns) => {
    const own = columns.map((i) => widths[i] ?? { natural: 0, least: 0 });
    const level = levelOf(own, room);
    return {
      columns,
      cells: cells.map((row, r) =>
        columns.map((i, at) => {
          const text = row[i] ?? '';
          return r > 0 && isNumber(i) ? text : broken(text, widthAt(own[at], level));
        }),
      ),
    };
  });
}

function framed(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + FRAME, 1);
}

function widthOf(cells: Cells, column: number, isNumber: boolean): Width {
  const longest = (texts: readonly string[]): number =>
    Math.max(1, ...texts.map((text) => text.length));
  const lines = cells.map((row) => (row[column] ?? '').split('\n'));
  const natural = longest(lines.flat());
  const [head = [], ...body] = lines;
  const words = (some: readonly string[]): string[] => some.flatMap((line) => line.split(' '));
  const parts = (some: readonly string[]): string[] => words(some).flatMap(wordParts);
  if (isNumber) return { natural, least: longest([...words(head), ...body.flat()]) };
  return { natural, least: Math.min(natural, Math.max(NARROW_TEXT, longest(parts(lines.flat())))) };
}

function widthAt(width: Width | undefined, level: number): number {
  return width ? Math.min(width.natural, Math.max(width.least, level)) : level;
}

/** How wide the widest columns may be, so that all of them fit. */
function levelOf(widths: readonly Width[], room: number): number {
  let level = Math.max(...widths.map(({ natural }) => natural));
  while (level > 1 && framed(widths.map((width) => widthAt(width, level))) > room) level--;
  return level;
}

function broken(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => brokenAt(line, width))
    .flatMap((line) => (line.length > width ? brokenWord(line, width) : [line]))
    .join('\n');
}

/** Where a long word of a cell can be broken. */
function wordParts(word: string): string[] {
  return word.split(/(?<=[-_/,:])/);
}

function brokenWord(word: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of wordParts(word)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length <= width)
      lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines;
}

/** Columns in groups that fit: first as the cuts say, and a group that is too wide column by column. */
function grouped(
  columns: readonly number[],
  cuts: readonly number[],
  fits: (columns: readonly number[]) => boolean,
): number[][] {
  const runs: number[][] = [];
  for (const column of columns) {
    if (runs.length === 0 || cuts.includes(column)) runs.push([]);
    runs.at(-1)?.push(column);
  }
  const pieces = runs.flatMap((run) => (fits(run) ? [run] : run.map((column) => [column])));
  const groups: number[][] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last && fits([...last, ...piece])) last.push(...piece);
    else groups.push([...piece]);
  }
  return groups;
}
