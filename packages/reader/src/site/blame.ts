// SPDX-License-Identifier: GPL-2.0-only
// Which patch wrote which line of the TypeScript, told by what the patches changed function by function.

import type { ChangedFunction, FileBeside } from '../beside/beside';
import type { CText } from '../tree/c-file';

/** Patch numbers of one file's lines; a line that is not in it was there before the series. */
export type LinePatches = ReadonlyMap<number, number>;

/**
 * @param changed for each patch in order, from 1
 * @returns by path; only lines that a patch wrote
 */
export function blame(
  changed: readonly (readonly ChangedFunction[])[],
): Map<string, Map<number, number>> {
  const lines = new Map<string, Map<number, number>>();
  /** Of each function after the patches so far: the patch of each line of its text. */
  const texts = new Map<string, readonly number[]>();
  changed.forEach((functions, i) => {
    for (const { name, cPath, ts, tsAfter } of functions) {
      const key = `${cPath}#${name}`;
      const earlier = texts.get(key) ?? [];
      const now: number[] = [];
      const file = tsAfter === null ? null : mapIn(lines, tsAfter);
      let old = 0;
      for (const { kind, after } of ts) {
        const patch = kind === 'added' ? i + 1 : (earlier[old] ?? 0);
        if (kind !== 'added') old++;
        if (kind === 'removed') continue;
        now.push(patch);
        if (file && after !== null && patch > 0) file.set(after, patch);
      }
      if (ts.length > 0) texts.set(key, now);
    }
  });
  return lines;
}

/** What the functions do not tell: a struct or constant whose C one patch wrote whole came with that patch. */
export function addPairs(
  lines: Map<string, Map<number, number>>,
  { pairs, tsPath }: FileBeside,
  c: CText | null,
): void {
  if (tsPath === null || !c) return;
  const file = mapIn(lines, tsPath);
  for (const pair of pairs) {
    if (!pair.c || !pair.ts || pair.c.kind === 'function') continue;
    const { from, to } = pair.c;
    const own = c.lines.filter(({ number }) => number >= from && number <= to);
    const patches = new Set(own.map(({ patch }) => patch));
    const [patch] = patches;
    if (patches.size !== 1 || patch === undefined || patch === 0) continue;
    for (let n = pair.ts.from; n <= pair.ts.to; n++) if (!file.has(n)) file.set(n, patch);
  }
}

function mapIn(lines: Map<string, Map<number, number>>, path: string): Map<number, number> {
  const file = lines.get(path) ?? new Map<number, number>();
  lines.set(path, file);
  return file;
}
