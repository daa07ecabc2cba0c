// SPDX-License-Identifier: GPL-2.0-only
// A table of the terminal, or of a Markdown page.

import Table from 'cli-table3';

export interface TableLook {
  /** The first column that is set to the right; without it, none is. */
  readonly numbersFrom?: number;
  /** The first column after those. */
  readonly textFrom?: number;
  /** Words of the heads below each other: a terminal has 100 columns. */
  readonly stackedHeads?: boolean;
  /** A line between rows. */
  readonly ruled?: boolean;
}

type Row = readonly (string | number)[];

export function table(head: readonly string[], rows: readonly Row[], look: TableLook): string {
  const made = new Table({
    head: head.map((name) => (look.stackedHeads === true ? name.replaceAll(' ', '\n') : name)),
    style: { head: [], border: [], compact: look.ruled !== true },
    colAligns: head.map((_, i) => (isNumber(look, i) ? 'right' : 'left')),
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

function isNumber({ numbersFrom = Infinity, textFrom = Infinity }: TableLook, i: number): boolean {
  return i >= numbersFrom && i < textFrom;
}

/** Padded as prettier does it. */
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
