// SPDX-License-Identifier: GPL-2.0-only
// Hunks put into a whole file, as patch(1) does it, but without fuzz: each line has to be there.

import type { FilePatch, Hunk } from '../series/series';
import { shown } from '../series/shown';
import type { DeltaRow } from './c-file';

/** A line and the patch that wrote it; 0: it was there before the series. */
export interface Written {
  readonly text: string;
  readonly patch: number;
}

/** What a patch made of a file. */
export interface Applied {
  readonly lines: readonly Written[];
  /** Of the hunks that apply. */
  readonly rows: readonly (readonly DeltaRow[])[];
  /** Of the hunks that do not. */
  readonly failures: readonly { readonly hunk: number; readonly why: string }[];
  /** The largest distance of a hunk from its line numbers. */
  readonly offset: number;
}

/** How far around the expected place a failed hunk is compared. */
const NEAR = 60;

export function oldText(hunk: Hunk): string[] {
  return hunk.lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1));
}

export function newText(hunk: Hunk): string[] {
  return hunk.lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1));
}

/** The first old line of a hunk, from 0; a range without lines names the line before it. */
export function oldIndex(hunk: Hunk): number {
  return hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
}

function matches(lines: readonly Written[], at: number, text: readonly string[]): boolean {
  return text.every((line, i) => lines[at + i]?.text === line);
}

/**
 * Where `text` is, nearest to `expected`, the later of two equally near places first; from `from` on, all from 0.
 * Null if nowhere.
 */
export function locate(
  lines: readonly Written[],
  text: readonly string[],
  expected: number,
  from: number,
): number | null {
  const last = lines.length - text.length;
  if (text.length === 0) return expected >= from && expected <= last ? expected : null;
  const most = Math.max(last - expected, expected - from);
  for (let offset = 0; offset <= most; offset++)
    for (const at of offset === 0 ? [expected] : [expected + offset, expected - offset])
      if (at >= from && at <= last && matches(lines, at, text)) return at;
  return null;
}

/** Compares a hunk with the place near the expected one that is most like it. */
function difference(
  lines: readonly Written[],
  text: readonly string[],
  expected: number,
  from: number,
): string {
  let best = Math.max(from, 0);
  let most = -1;
  for (let at = Math.max(from, expected - NEAR); at <= expected + NEAR; at++) {
    const equal = text.filter((line, i) => lines[at + i]?.text === line).length;
    const nearer = equal === most && Math.abs(at - expected) < Math.abs(best - expected);
    if (equal > most || nearer) [best, most] = [at, equal];
  }
  const i = text.findIndex((line, k) => lines[best + k]?.text !== line);
  const found = lines[best + i];
  return `line ${String(best + i + 1)} is ${found === undefined ? 'after the end' : shown(found.text)}, expected ${shown(text[i] ?? '')}`;
}

/** The rows of a hunk whose first line has the numbers `before` and `after`. */
export function rowsOf(hunk: Hunk, before: number, after: number): DeltaRow[] {
  return hunk.lines.map((line) => {
    const text = line.slice(1);
    if (line.startsWith('+')) return { kind: 'added', text, before: null, after: after++ };
    if (line.startsWith('-')) return { kind: 'removed', text, before: before++, after: null };
    return { kind: 'context', text, before: before++, after: after++ };
  });
}

/** The new lines of a hunk; context keeps its patch. */
export function rewritten(hunk: Hunk, old: readonly Written[], patch: number): Written[] {
  let i = 0;
  return hunk.lines.flatMap((line) => {
    if (line.startsWith('+')) return [{ text: line.slice(1), patch }];
    const kept = old[i++];
    return line.startsWith('-') || kept === undefined ? [] : [kept];
  });
}

/**
 * Applies what it can of a patch to a whole file. A hunk is searched outwards from where the last one makes expect it.
 * @param patch the number that its lines get
 */
export function applyHunks(
  lines: readonly Written[],
  file: Pick<FilePatch, 'hunks'>,
  patch: number,
): Applied {
  const out: Written[] = [];
  const rows: DeltaRow[][] = [];
  const failures: { hunk: number; why: string }[] = [];
  let from = 0;
  let drift = 0;
  let offset = 0;
  const copyUpTo = (end: number): void => {
    for (; from < end; from++) out.push(lines[from] as Written);
  };
  for (const [i, hunk] of file.hunks.entries()) {
    const text = oldText(hunk);
    const expected = oldIndex(hunk) + drift;
    const at = locate(lines, text, expected, from);
    if (at === null) {
      failures.push({ hunk: i + 1, why: difference(lines, text, expected, from) });
      continue;
    }
    drift += at - expected;
    if (Math.abs(drift) > Math.abs(offset)) offset = drift;
    copyUpTo(at);
    rows.push(rowsOf(hunk, at + 1, out.length + 1));
    out.push(...rewritten(hunk, lines.slice(at, at + text.length), patch));
    from = at + text.length;
  }
  copyUpTo(lines.length);
  return { lines: out, rows, failures, offset };
}
