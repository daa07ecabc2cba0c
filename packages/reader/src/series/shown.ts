// SPDX-License-Identifier: GPL-2.0-only
// How a text from outside stands in one of our lines.

import type { Place } from './series';

const LONGEST = 80;

/** The text in quotes: cut to 80 characters, and what would move the cursor or turn the line round is written as \u{…}. */
export function shown(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return `"${cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (c) => (c === '\t' ? '\\t' : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`))}"`;
}

/** FILE:LINE. */
export function where({ file, line }: Place): string {
  return `${file}:${String(line)}`;
}
