// SPDX-License-Identifier: GPL-2.0-only
// What a patch changed, function by function, on both sides.

import type { CReader, CSource } from '../c/parse';
import type { Port } from '../port/port';
import { functionsAfter, type Placed } from '../port/state';
import type { Definition } from '../syntax/definition';
import type { CDelta, CFile, CText, CTree, DeltaRow } from '../tree/c-file';
import { alignDefinitions, type Match } from './align-function';
import type { ChangedFunction } from './beside';
import { tsRows } from './changed-ts';
import { isC } from './files-beside';
import { wholeFunction } from './whole-function';

/** A function of the C that has changed rows. */
interface ChangedC {
  /** Its name before and after, null where it does not exist. */
  readonly before: string | null;
  readonly after: string | null;
  readonly rows: readonly DeltaRow[];
}

/** A C file in one state, and the functions in it. */
interface CState {
  readonly source: CSource | null;
  readonly functions: readonly Definition[];
}

function stateOf(reader: CReader, file: CFile, text: CText | null | undefined): CState {
  const source = text ? reader.parse(file.path, text) : null;
  const functions = source?.definitions.filter((d) => d.kind === 'function') ?? [];
  return { source, functions };
}

function functionIn({ functions }: CState, name: string | null): Definition | null {
  return functions.find((one) => one.name === name) ?? null;
}

/** Lines of a function that are counterparts in one state. */
function matches(state: CState, name: string | null, ts: Placed | null): Match[] {
  const definition = functionIn(state, name);
  if (!definition || !ts || !state.source) return [];
  const rows = alignDefinitions(
    { definition, range: definition, lines: state.source.lines },
    { definition: ts.definition, range: ts.definition, lines: ts.file.lines },
  );
  return rows.flatMap(({ c, ts: line, matched }): Match[] =>
    matched && c !== null && line !== null ? [[c, line]] : [],
  );
}

/** The function at a line; its comment is not part of it. */
function at(functions: readonly Definition[], line: number | null): string | null {
  if (line === null) return null;
  return functions.find((f) => f.from <= line && line <= f.to)?.name ?? null;
}

/** What a definition's first line looks like where only hunks are known: `type name(`, in column 0. */
const HEADER = /^[A-Za-z_][^;=]*?\b(\w+)\s*\((?!.*;\s*$)/u;

/** The function that a row is in, where it is not known as a whole: of the last header above it, or of the hunk's section. */
function byHeader(
  rows: readonly DeltaRow[],
  side: 'added' | 'removed',
  section: string,
): (string | null)[] {
  let name: string | null = HEADER.exec(section)?.[1] ?? null;
  let ended = false;
  return rows.map((row) => {
    if (row.kind !== 'context' && row.kind !== side) return null;
    if (ended) name = null;
    ended = false;
    const header = HEADER.exec(row.text)?.[1];
    if (header !== undefined) name = header;
    ended = row.text.startsWith('}');
    return name;
  });
}

/** For each row of a hunk the function it is in, before and after. */
function places(
  rows: readonly DeltaRow[],
  before: readonly Definition[],
  after: readonly Definition[],
  section: string,
): { before: string | null; after: string | null }[] {
  const headersBefore = byHeader(rows, 'removed', section);
  const headersAfter = byHeader(rows, 'added', section);
  return rows.map((row, i) => ({
    before: at(before, row.before) ?? (row.before === null ? null : (headersBefore[i] ?? null)),
    after: at(after, row.after) ?? (row.after === null ? null : (headersAfter[i] ?? null)),
  }));
}

function changedInDelta(
  delta: CDelta,
  before: readonly Definition[],
  after: readonly Definition[],
): ChangedC[] {
  const known = new Set(before.map((f) => f.name));
  const found = new Map<
    string,
    { before: string | null; after: string | null; rows: DeltaRow[] }
  >();
  const renamed = new Map<string, string>();
  const placed = delta.hunks.map((hunk, h) =>
    places(hunk, before, after, delta.sections?.[h] ?? ''),
  );
  for (const place of placed.flat())
    if (place.before !== null && place.after !== null && place.before !== place.after)
      renamed.set(place.before, place.after);
  for (const [h, hunk] of delta.hunks.entries())
    for (const [i, row] of hunk.entries()) {
      const place = placed[h]?.[i];
      const old = place?.before ?? null;
      const name = place?.after ?? (old === null ? null : (renamed.get(old) ?? old));
      if (name === null) continue;
      const entry = found.get(name) ?? { before: null, after: null, rows: [] };
      entry.rows.push(row);
      if (old !== null) entry.before = old;
      if (place?.after != null) entry.after = place.after;
      found.set(name, entry);
    }
  return [...found.values()]
    .filter((entry) => entry.rows.some((row) => row.kind !== 'context'))
    .map((entry) => ({
      ...entry,
      before: entry.before ?? (entry.after !== null && known.has(entry.after) ? entry.after : null),
    }));
}

/** The port's text of a function; null without a name, and for a function that the port does not have. */
function textOf(functions: ReadonlyMap<string, Placed>, name: string | null): Placed | null {
  return name === null ? null : (functions.get(name) ?? null);
}

function changedInFile(reader: CReader, file: CFile, port: Port, patch: number): ChangedFunction[] {
  const delta = file.deltas.find((d) => d.patch === patch);
  if (!delta) return [];
  const before = stateOf(reader, file, file.states[patch - 1]);
  const after = stateOf(reader, file, file.states[patch]);
  const tsBefore = functionsAfter(port, file.path, patch - 1);
  const tsAfter = functionsAfter(port, file.path, patch);
  return changedInDelta(delta, before.functions, after.functions).map((changed) => {
    const old = textOf(tsBefore, changed.before);
    const now = textOf(tsAfter, changed.after);
    return {
      name: changed.after ?? changed.before ?? '',
      cPath: file.path,
      c: changed.rows,
      whole: wholeFunction(changed.rows, functionIn(after, changed.after), file.states[patch]),
      matches: {
        before: matches(before, changed.before, old),
        after: matches(after, changed.after, now),
      },
      ts: tsRows(old, now),
      tsBefore: old?.file.path ?? null,
      tsAfter: now?.file.path ?? null,
    };
  });
}

/**
 * The functions that a patch changed, added, removed or renamed, in the order of the files and their hunks. The C's rows
 * are those of the patch; the TypeScript's go from its text in the state before to that after, without the comment in
 * front.
 * @param patch from 1 to the number of patches
 */
export function changedFunctions(
  reader: CReader,
  tree: CTree,
  port: Port,
  patch: number,
): ChangedFunction[] {
  return tree.files
    .filter((file) => isC(file.path))
    .flatMap((file) => changedInFile(reader, file, port, patch));
}
