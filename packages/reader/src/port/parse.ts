// SPDX-License-Identifier: GPL-2.0-only
// A TypeScript text becomes a file of the port, if it says which C it mirrors.

import ts from 'typescript';
import { type Comment, wordsOfTs } from './comments';
import { OutlineOfTs } from './outline';
import type { PortFile, TsSource } from './port';

const C_PATH = /\b[\w-]+(?:\/[\w.-]+)+\.[ch]\b/u;

/**
 * Reads a file of the port.
 * @param path what messages and pages call the file
 * @returns null if neither its header, `C: drivers/iommu/iova.c …`, nor a doc comment `drivers/iommu/iova.c` says what it
 *   mirrors
 */
export function parsePortFile(path: string, packageName: string, text: string): PortFile | null {
  const { comments, ...source } = parseTs(path, text);
  const mirrors = mirroredPath(comments, source.lines);
  if (mirrors === null || source.definitions.length === 0) return null;
  const before = /(?:^|\/)before-patch-(\d+)\.ts$/u.exec(path)?.[1];
  return {
    packageName,
    mirrors,
    beforePatch: before === undefined ? null : Number(before),
    ...source,
  };
}

/** Any TypeScript text. */
export function parseTs(
  path: string,
  text: string,
): TsSource & { readonly comments: readonly Comment[] } {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const lines = text.replace(/\n$/u, '').split('\n');
  const { tokens, comments } = wordsOfTs(file, lines);
  const definitions = new OutlineOfTs(file, comments).outline();
  return { path, lines, definitions, tokens, comments };
}

/** What the comment at the top says after `C:`, or the doc comment of a class at its beginning. */
function mirroredPath(comments: readonly Comment[], lines: readonly string[]): string | null {
  const said = /\bC: (.*)/u.exec(comments[0]?.text ?? '')?.[1];
  const inHeader = C_PATH.exec(said ?? '')?.[0];
  if (inHeader !== undefined) return inHeader;
  for (const comment of comments) {
    const path = C_PATH.exec(comment.text);
    if (path?.index === 0 && /\bclass\b/u.test(lines[comment.to] ?? '')) return path[0];
  }
  return null;
}
