// SPDX-License-Identifier: GPL-2.0-only
// What changed from one text of a ported function to the next.

import { diffArrays } from 'diff';
import type { Placed } from '../port/state';
import type { DeltaRow } from '../tree/c-file';

interface Line {
  readonly text: string;
  /** What counts of it: two lines with the same code are the same. */
  readonly code: string;
}

/**
 * The code of a line: without a comment at its end, and without `override`, which the classes of the states need and the
 * C does not have. A line that is a comment counts as it is.
 */
function codeOf({ file }: Placed, line: number): string {
  const text = file.lines[line - 1] ?? '';
  const last = file.tokens[line - 1]?.at(-1);
  const ends = last?.kind === 'comment' && last.end === text.trimEnd().length;
  const front = ends ? text.slice(0, last.start).trimEnd() : text;
  const code = front.trim() === '' ? text : front;
  return code.replace(/^(\s*(?:(?:public|protected|private|static) )*)override /, '$1');
}

/** Lines of a function's text; none without one. */
function linesOf(placed: Placed | null): Line[] {
  if (!placed) return [];
  const { from, to } = placed.definition;
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return numbers.map((line) => ({
    text: placed.file.lines[line - 1] ?? '',
    code: codeOf(placed, line),
  }));
}

/** The rows from one text of a function to the other; empty if their code is the same. An unchanged line has the later text. */
export function tsRows(before: Placed | null, after: Placed | null): DeltaRow[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const code = (lines: readonly Line[]): string => lines.map((line) => line.code).join('\n');
  if (code(old) === code(now)) return [];
  const rows: DeltaRow[] = [];
  let oldLine = before?.definition.from ?? 1;
  let newLine = after?.definition.from ?? 1;
  const parts = diffArrays(old, now, { comparator: (a, b) => a.code === b.code });
  for (const part of parts)
    for (const { text } of part.value)
      if (part.added) rows.push({ kind: 'added', text, before: null, after: newLine++ });
      else if (part.removed) rows.push({ kind: 'removed', text, before: oldLine++, after: null });
      else rows.push({ kind: 'context', text, before: oldLine++, after: newLine++ });
  return rows;
}
