// SPDX-License-Identifier: GPL-2.0-only
// What an experiment has to show, part by part, for a terminal and for a page alike.

import { table } from './table';
import { wrapped } from './text';

export interface TablePart {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The first column that is set to the right. */
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
  const made = table(part.head, part.rows, part.numbersFrom);
  return part.title === '' ? made : `${part.title}\n${made}`;
}
