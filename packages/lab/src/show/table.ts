// SPDX-License-Identifier: GPL-2.0-only
// A table of the terminal, or of a Markdown page.

import Table from 'cli-table3';
import { type Cells, fold } from './fold';
import { PAPER, type Screen, brokenAt, shown } from './text';

export interface TableLook {
  /** The first column that is set to the right; without it, none is. */
  readonly numbersFrom?: number;
  /** The first column after those. */
  readonly textFrom?: number;
  /** So many columns name a row and come again where a table is cut; by default those in front of the numbers. */
  readonly keys?: number;
  /** Columns in front of which a table that is too wide is cut by preference. */
  readonly cuts?: readonly number[];
  /** Words of the heads below each other, also where there is room. */
  readonly stackedHeads?: boolean;
  /** A line between rows. */
  readonly ruled?: boolean;
}

type Row = readonly (string | number)[];

/** As one table; on a screen that is narrower as several, and where not even that fits as lines with `head: cell`. */
export function table(
  head: readonly string[],
  rows: readonly Row[],
  look: TableLook,
  screen: Screen = PAPER,
): string {
  const heads = head.map((name) =>
    look.stackedHeads === true ? name.replaceAll(' ', '\n') : name,
  );
  const cells = [heads, ...rows].map((row) => row.map((cell) => shown(String(cell), screen)));
  const keys = keysOf(head, look);
  const sheets = fold(
    cells,
    { keys, isNumber: (i) => isNumber(look, i), cuts: look.cuts ?? [] },
    screen.columns,
  );
  if (sheets === null) return records(cells, keys, screen);
  return sheets.map((sheet) => shown(framed(sheet.cells, sheet.columns, look), screen)).join('\n');
}

function framed([head = [], ...rows]: Cells, columns: readonly number[], look: TableLook): string {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [], compact: look.ruled !== true },
    colAligns: columns.map((i) => (isNumber(look, i) ? 'right' : 'left')),
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** Row by row: its names, and below them as many cells in a line as fit. */
function records([head = [], ...rows]: Cells, keys: number, screen: Screen): string {
  const blocks = rows.map((row) => {
    const items = row.flatMap((cell, i) =>
      i < keys || cell === '' ? [] : [`${head[i] ?? ''}: ${cell}`],
    );
    const names = row.slice(0, keys).filter((cell) => cell !== '');
    const lines = [
      names.join(', '),
      ...(items.length > 0 ? [INDENT + items.map(unbroken).join('; ')] : []),
    ];
    return lines
      .flatMap((line) => brokenAt(line.replaceAll('\n', ' '), screen.columns, INDENT))
      .join('\n')
      .replaceAll(NO_BREAK, ' ');
  });
  return blocks.join('\n');
}

const INDENT = '  ';
/** Stands for a space inside of a cell while lines are broken. */
const NO_BREAK = '\0';

function unbroken(text: string): string {
  return text.replace(/[ \n]/g, NO_BREAK);
}

function keysOf(head: readonly string[], { keys, numbersFrom = Infinity }: TableLook): number {
  return keys ?? (numbersFrom < head.length ? Math.max(1, numbersFrom) : 1);
}

function isNumber({ numbersFrom = Infinity, textFrom = Infinity }: TableLook, i: number): boolean {
  return i >= numbersFrom && i < textFrom;
}

/** Padded as oxfmt does it. */
export function markdownTable(
  head: readonly string[],
  rows: readonly Row[],
  look: TableLook,
): string {
  const cell = (row: Row, i: number): string => String(row[i] ?? '');
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((r) => cell(r, i).length)));
  const line = (row: Row): string =>
    `| ${widths.map((width, i) => (isNumber(look, i) ? cell(row, i).padStart(width) : cell(row, i).padEnd(width))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    isNumber(look, i) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
