// SPDX-License-Identifier: GPL-2.0-only
// What an experiment has to show, part by part, for a terminal and for a page alike.

import { type TableLook, markdownTable, table } from './table';
import { wrapped } from './text';

export interface TablePart extends TableLook {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly numbersFrom: number;
}

/** A paragraph, lines that stay lines, or a table. */
export type Part = string | readonly string[] | TablePart;

export function isTable(part: Part): part is TablePart {
  return typeof part === 'object' && 'rows' in part;
}

/** For a terminal of 100 columns. */
export function partsText(parts: readonly Part[]): string {
  return `${parts.map(textOf).join('\n\n')}\n`;
}

function textOf(part: Part): string {
  if (typeof part === 'string') return wrapped(part);
  if (!isTable(part)) return part.join('\n');
  const made = table(part.head, part.rows, part);
  return part.title === '' ? made : `${wrapped(part.title)}\n${made}`;
}

/** For a Markdown page: a title is a heading, lines are a list. */
export function partsMarkdown(parts: readonly Part[]): string {
  return `${parts.map(markdownOf).join('\n\n')}\n`;
}

function markdownOf(part: Part): string {
  if (typeof part === 'string') return part;
  if (!isTable(part)) return part.map((line) => `- ${line}`).join('\n');
  const made = markdownTable(part.head, part.rows, part);
  return part.title === '' ? made : `## ${part.title}\n\n${made}`;
}
