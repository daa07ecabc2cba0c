// SPDX-License-Identifier: GPL-2.0-only
// Lines for a terminal of 100 columns.

import { oneLine } from '../errors';

const COLUMNS = 100;

/**
 * Broken at spaces; no control characters.
 * @param indent of all lines but the first
 * @param columns of the terminal
 */
export function wrapped(text: string, indent = '', columns = COLUMNS): string {
  const lines: string[] = [];
  let start = '';
  let line = start;
  for (const word of oneLine(text).split(' ')) {
    if (line !== start && line.length + 1 + word.length > columns) {
      lines.push(line);
      start = indent;
      line = start + word;
    } else line = line === start ? start + word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
