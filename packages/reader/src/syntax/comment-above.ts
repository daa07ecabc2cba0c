// SPDX-License-Identifier: GPL-2.0-only
// The comment that touches a definition from above, in both languages.

import type { Source, Token } from './definition';

/** Whether a line has a comment and no code. */
export function isCommentLine(text: string, tokens: readonly Token[]): boolean {
  const [first] = tokens;
  return first?.kind === 'comment' && text.slice(0, first.start).trim() === '';
}

/** The first line of the comment that ends on the line above `from`; `from` if there is none. Lines from 1. */
export function commentAbove(
  { lines, tokens }: Pick<Source, 'lines' | 'tokens'>,
  from: number,
): number {
  let first = from;
  while (first > 1 && isCommentLine(lines[first - 2] ?? '', tokens[first - 2] ?? [])) first--;
  return first;
}
