// SPDX-License-Identifier: GPL-2.0-only
// What an experiment has to show, part by part, for a terminal and for a page alike.

import { type TableLook, markdownTable, table } from './table';
import { PAPER, type Screen, wrapped } from './text';

export interface TablePart extends TableLook {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly numbersFrom: number;
}

/** A paragraph, lines of which each begins anew, or a table. */
export type Part = string | readonly string[] | TablePart;

/** Parts under a title of their own. */
export interface TitledParts {
  /** What a link to them names. */
  readonly id: string;
  readonly title: string;
  readonly parts: readonly Part[];
}

/** Of the second and later lines of a paragraph that has several. */
export const INDENT = '  ';

export function isTable(part: Part): part is TablePart {
  return typeof part === 'object' && 'rows' in part;
}

/** With a blank line between parts. */
export function partsText(parts: readonly Part[], screen: Screen = PAPER): string {
  return `${parts.map((part) => partText(part, screen)).join('\n\n')}\n`;
}

/** With a blank line after each part of the lead and each group; a group's title stands right above it. */
export function titledText(
  lead: readonly Part[],
  groups: readonly TitledParts[],
  screen: Screen = PAPER,
): string {
  const blocks = [
    ...lead.map((part) => [part]),
    ...groups.map(({ title, parts }) => [title, ...parts]),
  ];
  const texts = blocks.map((block) =>
    block.map((part) => partText(part, screen, INDENT)).join('\n'),
  );
  return `${texts.join('\n\n')}\n`;
}

/** @param indent of the lines but the first, of a paragraph and of each line */
export function partText(part: Part, screen: Screen, indent = ''): string {
  if (typeof part === 'string') return wrapped(part, screen, indent);
  if (!isTable(part)) return part.map((line) => wrapped(line, screen, INDENT)).join('\n');
  const made = table(part.head, part.rows, part, screen);
  return part.title === '' ? made : `${wrapped(part.title, screen, indent)}\n${made}`;
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
