// SPDX-License-Identifier: GPL-2.0-only
// A changed function of the C as a whole: the lines between its hunks too, where the file is known as a whole.

import type { Definition } from '../syntax/definition';
import type { CText, DeltaRow } from '../tree/c-file';

/**
 * The rows of a function with the unchanged lines around and between them.
 * @param rows those of the hunks, in order
 * @param definition after the patch; null: it is not there any more
 * @param text of the file after the patch
 * @returns `rows` where the text is not known as a whole
 */
export function wholeFunction(
  rows: readonly DeltaRow[],
  definition: Definition | null,
  text: CText | null | undefined,
): readonly DeltaRow[] {
  if (!definition || text?.whole !== true) return rows;
  const lines = new Map(text.lines.map((line) => [line.number, line.text]));
  const out: DeltaRow[] = [];
  let next = definition.from;
  /** Lines before the patch minus lines after it, at the place that was reached. */
  let offset = offsetAt(rows);
  const fill = (end: number): void => {
    for (; next < end && next <= definition.to; next++)
      out.push({
        kind: 'context',
        text: lines.get(next) ?? '',
        before: next + offset,
        after: next,
      });
  };
  for (const row of rows) {
    fill(row.after ?? (row.before ?? 0) - offset);
    out.push(row);
    if (row.after !== null) next = Math.max(next, row.after + 1);
    if (row.kind === 'added') offset--;
    if (row.kind === 'removed') offset++;
  }
  fill(definition.to + 1);
  return out;
}

/** At the first row; 0 where no row has both numbers. */
function offsetAt(rows: readonly DeltaRow[]): number {
  let offset = 0;
  for (const { kind, before, after } of rows) {
    if (before !== null && after !== null) return before - after - offset;
    if (kind === 'added') offset--;
    if (kind === 'removed') offset++;
  }
  return 0;
}
