// SPDX-License-Identifier: GPL-2.0-only
// How one of our lines shows a text from outside.

import { visibleLine } from '../syntax/hidden';
import type { Place } from './series';

const LONGEST = 80;

/** The text in quotes: cut to 80 characters, and hidden characters are written as [U+202E]. */
export function shown(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return `"${visibleLine(cut.replaceAll('\t', '\\t'))}"`;
}

/** FILE:LINE. */
export function where({ file, line }: Place): string {
  return `${file}:${String(line)}`;
}
