// SPDX-License-Identifier: GPL-2.0-only
// A C text cut into its top-level items, so that one that cannot be parsed does not spoil the others.

import { scan } from './scan';

/** A top-level item; lines from 1, both ends included. Its text is cut from the file, comments in front excluded. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Successive lines of the file. */
export interface Run {
  /** Number of the first line, from 1. */
  readonly from: number;
  readonly lines: readonly string[];
  /** False: the lines may begin inside of a function. */
  readonly atTop: boolean;
}

const FUNCTION = /^[^={]*\)\s*(?:__\w+\s*)*\{/u;

function isLabel(text: string, end: number): boolean {
  return /^\s*:/u.test(text.slice(end, end + 40));
}

/**
 * The items of a run. An item ends with a semicolon outside of braces, with a brace in column 0 as kernel code has it
 * for functions, or with its directive. What the run has only a part of, at its start or end, is left out.
 */
export function chunks(run: Run): Chunk[] {
  const text = run.lines.join('\n');
  const words = scan(text);
  const found: Chunk[] = [];
  let start: number | null = null;
  let depth = 0;
  let round = 0;
  let lost = !run.atTop;

  const line = lineFinder(text, run.from);
  const close = (end: number): void => {
    if (start !== null && !lost)
      found.push({
        from: line(start),
        to: line(Math.max(start, end - 1)),
        text: text.slice(start, end),
      });
    start = null;
    depth = 0;
    round = 0;
    lost = false;
  };

  for (const [i, word] of words.entries()) {
    if (word.kind === 'comment') continue;
    if (word.kind === 'directive') {
      // Inside of an item it belongs to the item; a lost place may still be inside of a function.
      if (start === null && !lost) {
        start = word.start;
        close(word.end);
      }
      continue;
    }
    const sign = word.kind === 'sign' ? text[word.start] : '';
    const column0 = word.start === 0 || text[word.start - 1] === '\n';
    // Kernel code has nothing but labels in column 0 of a body: this begins an item, whatever was lost before.
    if (column0 && word.kind === 'name' && (lost || depth > 0) && !isLabel(text, word.end)) {
      start = null;
      depth = round = 0;
      lost = false;
    }
    start ??= word.start;
    if (sign === '(') round++;
    if (sign === ')') round--;
    if (sign === '{') depth++;
    if (sign === '}') {
      depth--;
      if (lost ? column0 : column0 || depth <= 0) {
        depth = 0;
        const next = words.slice(i + 1).find((w) => w.kind !== 'comment');
        const semicolon = next !== undefined && text[next.start] === ';';
        if (
          lost ||
          next === undefined ||
          (!semicolon && FUNCTION.test(text.slice(start, word.start)))
        )
          close(word.end);
      }
    }
    if (sign === ';' && depth <= 0 && round <= 0 && !lost) close(word.end);
  }
  return found;
}

/** Gives the line of an offset; `first` is the number of the text's first line. */
function lineFinder(text: string, first: number): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return first + low;
  };
}
