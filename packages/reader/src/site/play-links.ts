// SPDX-License-Identifier: GPL-2.0-only
// Where the lines that the play page shows are on the other pages of the site.

import type { LinkedLines } from '../play/contract';
import type { PortFile } from '../port/port';
import { type PatchPart, pageOfPatch } from './patch-page';
import type { FileView } from './view';

/**
 * By path, of both sides: which lines have which link. What a patch replaced is on the page of that patch.
 * @param parts of each patch, the first of patch 1
 */
export function playLinks(
  views: readonly FileView[],
  files: readonly PortFile[],
  parts: readonly (readonly PatchPart[])[],
): Record<string, readonly LinkedLines[]> {
  const links: Record<string, LinkedLines[]> = {};
  const add = (path: string, lines: LinkedLines): void => {
    (links[path] ??= []).push(lines);
  };
  for (const { page, cPath, tsPath, sections } of views)
    for (const { id, rows, cBase, tsBase } of sections)
      for (const [side, path, base] of [
        ['c', cPath, cBase],
        ['ts', tsPath, tsBase],
      ] as const) {
        const numbers = rows.flatMap((row) => row[side]?.number ?? []);
        const [from, to] = [numbers[0], numbers.at(-1)];
        if (path === null || base === null || from === undefined || to === undefined) continue;
        const href = `${page}#${id}.${side === 'c' ? 'c' : 't'}`;
        add(path, { from: Math.min(from, to), to: Math.max(from, to), href, base });
      }
  for (const { path, mirrors, beforePatch, definitions } of files) {
    if (beforePatch === null || links[path]) continue;
    for (const part of parts[beforePatch - 1] ?? []) {
      if (part.name === null || part.cPath !== mirrors || !part.tsPaths.includes(path)) continue;
      const line = part.pairs.find(({ ts }) => ts?.before != null)?.ts?.before ?? 0;
      const own = definitions.find((d) => d.kind === 'function' && d.from <= line && line <= d.to);
      const href = `${pageOfPatch({ number: beforePatch })}#${part.id}`;
      if (own) add(path, { from: own.from, to: own.to, href, base: null });
    }
  }
  return links;
}
