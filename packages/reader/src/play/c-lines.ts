// SPDX-License-Identifier: GPL-2.0-only
// The C beside the TypeScript that the play page executes.

import type { FileBeside, Row } from '../beside/beside';
import type { Source } from '../syntax/definition';
import type { ExecutedLine } from './frame';
import type { PlayC } from './contract';

/**
 * @param shown paths of the TypeScript files whose lines the page shows
 * @param sources the C files of `beside` by path
 */
export function linesOfC(
  beside: readonly FileBeside[],
  sources: ReadonlyMap<string, Source>,
  shown: ReadonlySet<string>,
): PlayC {
  const lines: Record<string, ExecutedLine> = {};
  const files = beside.filter(({ tsPath }) => tsPath !== null && shown.has(tsPath));
  for (const { cPath, tsPath, rows } of files)
    for (const [ts, c] of counterparts(rows))
      lines[`${tsPath ?? ''}:${String(ts)}`] = { path: cPath, line: c };
  const texts = files.map(({ cPath }) => ({
    path: cPath,
    text: sources.get(cPath)?.lines.join('\n') ?? '',
  }));
  return { texts, lines };
}

/** Lines of the TypeScript and their counterparts; lines that only stand beside each other are none. */
function counterparts(rows: readonly Row[]): [ts: number, c: number][] {
  const out: [number, number][] = [];
  let above = 0;
  for (const { c, ts, matched } of rows) {
    if (c !== null && ts !== null) above = matched ? c : 0;
    if (ts !== null && matched && above > 0) out.push([ts, above]);
  }
  return out;
}
