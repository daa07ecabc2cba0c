// SPDX-License-Identifier: GPL-2.0-only
// Which patch wrote which line of the port, told from the earlier texts of what each patch changed.

import { diffArrays } from 'diff';
import { type Named, type Outline, type SourceText, outlineOf } from './outline';

/** Lines of the last state that a patch wrote, first and last; none if it only removed some, or a later one rewrote them. */
export interface PatchedName {
  readonly patch: number;
  /** The function or struct, as the last state calls it. */
  readonly name: string;
  readonly ranges: readonly (readonly [number, number])[];
}

/** The file before a patch: of a class that is there, just the members that the patch changed. */
export interface BeforePatch extends SourceText {
  readonly patch: number;
}

/** A line of code, without comments and what only tells the classes apart. */
interface CodeLine {
  readonly code: string;
  readonly line: number;
}

/**
 * The functions and structs that each patch changed, by patch and then in the order of the file.
 * @param last the file after all patches
 * @param befores one for each patch that changed it
 * @param earlierNames names that a patch gave up: old name to new name
 * @param added what a patch brought whole: name to patch
 */
export function linesByPatch(
  last: SourceText,
  befores: readonly BeforePatch[],
  earlierNames: ReadonlyMap<string, string>,
  added: ReadonlyMap<string, number>,
): PatchedName[] {
  const lastOutline = outlineOf(last);
  const outlines = befores
    .map((b) => ({ patch: b.patch, outline: outlineOf(b) }))
    .sort((a, b) => b.patch - a.patch);
  const found: PatchedName[] = [];
  for (const named of lastOutline.named.filter(isPatchable)) {
    const lines = codeOf(lastOutline, named);
    const patches = new Set<number>();
    const writers = lines.map(() => 0);
    // Backwards: what the text before a patch has not, that patch wrote, unless a later one did.
    let later = lines.map((l) => l.code);
    let places: (number | null)[] = lines.map((_, i) => i); // of the later text's lines in the last one
    for (const { patch, outline } of outlines) {
      const earlier = outline.named.find(
        (n) => isPatchable(n) && nameIn(n, earlierNames) === named.name,
      );
      if (!earlier) continue;
      patches.add(patch);
      const text = codeOf(outline, earlier).map((l) => l.code);
      // "static; otherwise the same": only the head differs.
      const calls = text.some((code) => code.includes(`super.${named.name}(`));
      const before = calls ? [`static ${later[0] ?? ''}`, ...later.slice(1)] : text;
      const kept: (number | null)[] = [];
      let at = 0;
      for (const part of diffArrays(before, later)) {
        if (part.removed) {
          kept.push(...part.value.map(() => null));
          continue;
        }
        const these = places.slice(at, at + part.count);
        at += part.count;
        if (!part.added) kept.push(...these);
        else for (const i of these) if (i !== null && writers[i] === 0) writers[i] = patch;
      }
      later = before;
      places = kept;
    }
    const bringer = added.get(named.name);
    if (bringer !== undefined) {
      patches.add(bringer);
      for (const [i, writer] of writers.entries()) if (writer === 0) writers[i] = bringer;
    }
    for (const patch of patches)
      found.push({ patch, name: named.name, ranges: rangesOf(lines, writers, patch) });
  }
  return found.sort((a, b) => a.patch - b.patch);
}

/** A struct or a function. */
function isPatchable(named: Named): boolean {
  return named.name !== 'constructor' && (named.statements !== null || isStruct(named));
}

/** Not the class that the C file became. */
function isStruct(named: Named): boolean {
  return named.kind === 'class' && !/_c(_before_patch_\d+)?$/.test(named.name);
}

function nameIn(named: Named, earlierNames: ReadonlyMap<string, string>): string {
  const name = named.name.replace(/_before_patch_\d+$/, '');
  return earlierNames.get(name) ?? name;
}

function codeOf(outline: Outline, named: Named): CodeLine[] {
  const comments = outline.comments.filter((c) => c.from >= named.from && c.to <= named.to);
  const lines: CodeLine[] = [];
  for (let line = named.from; line <= named.to; line++) {
    let code = outline.lines[line - 1] ?? '';
    for (const { text, from, to } of comments)
      if (from === line && to === line) code = code.replace(text, '');
      else if (from <= line && line <= to) code = '';
    code = code
      .replace('override ', '')
      .replace(/_before_patch_\d+\b/, '')
      .trimEnd();
    if (code.trim() !== '') lines.push({ code, line });
  }
  return lines;
}

/** Lines without code between two lines of a patch are in its range. */
function rangesOf(
  lines: readonly CodeLine[],
  writers: readonly number[],
  patch: number,
): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [i, { line }] of lines.entries()) {
    if (writers[i] !== patch) continue;
    const last = ranges.at(-1);
    if (last && writers[i - 1] === patch) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}
