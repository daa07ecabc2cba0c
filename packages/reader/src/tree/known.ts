// SPDX-License-Identifier: GPL-2.0-only
// A file of which only the hunks are known: its lines have numbers, and there are gaps between them.

import type { FilePatch, Hunk } from '../series/series';
import type { CLine, DeltaRow } from './c-file';
import { newText, oldIndex, oldText, rewritten, rowsOf } from './hunks';

function newIndex(hunk: Hunk): number {
  return hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
}

/** The index that a line had before a patch; null if the patch wrote it. */
function indexBefore(file: FilePatch, index: number): number | null {
  let delta = 0;
  for (const hunk of file.hunks) {
    const at = newIndex(hunk);
    if (index < at) break;
    if (index < at + hunk.newLines) {
      const row = rowsOf(hunk, oldIndex(hunk), at).find(({ after }) => after === index);
      return row?.before ?? null;
    }
    delta = newIndex(hunk) + newText(hunk).length - (oldIndex(hunk) + oldText(hunk).length);
  }
  return index - delta;
}

/**
 * The lines that the file had before all of `patches`, as far as their hunks show them; null if two of them contradict
 * each other, so that they were not made one upon the other.
 */
export function linesBefore(patches: readonly FilePatch[]): CLine[] | null {
  const known = new Map<number, string>();
  for (const [i, file] of patches.entries())
    for (const hunk of file.hunks)
      for (const [k, text] of oldText(hunk).entries()) {
        let index: number | null = oldIndex(hunk) + k;
        for (let n = i - 1; n >= 0 && index !== null; n--)
          index = indexBefore(patches[n] as FilePatch, index);
        if (index === null) continue;
        if (index < 0 || (known.get(index) ?? text) !== text) return null;
        known.set(index, text);
      }
  return [...known]
    .sort(([a], [b]) => a - b)
    .map(([index, text]) => ({ text, number: index + 1, patch: 0 }));
}

/** Applies a patch at its line numbers; a hunk whose lines are not there is left out. */
export function applyKnown(
  lines: readonly CLine[],
  file: FilePatch,
  patch: number,
): { lines: CLine[]; rows: DeltaRow[][]; failures: { hunk: number; why: string }[] } {
  const out: CLine[] = [];
  const rows: DeltaRow[][] = [];
  const failures: { hunk: number; why: string }[] = [];
  let next = 0;
  let delta = 0;
  const copyUpTo = (number: number): void => {
    for (let line = lines[next]; line !== undefined && line.number < number; line = lines[++next])
      out.push({ ...line, number: line.number + delta });
  };
  for (const [i, hunk] of file.hunks.entries()) {
    const text = oldText(hunk);
    const first = oldIndex(hunk) + 1;
    copyUpTo(first);
    const old = lines.slice(next, next + text.length);
    if (!text.every((line, k) => old[k]?.text === line && old[k].number === first + k)) {
      failures.push({ hunk: i + 1, why: 'its lines are not those of the patches before it' });
      continue;
    }
    const after = first + delta;
    rows.push(rowsOf(hunk, first, after));
    out.push(...rewritten(hunk, old, patch).map((line, k) => ({ ...line, number: after + k })));
    next += text.length;
    delta += hunk.newLines - hunk.oldLines;
  }
  copyUpTo(Infinity);
  return { lines: out, rows, failures };
}
