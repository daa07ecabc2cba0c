// SPDX-License-Identifier: GPL-2.0-only
// The kernel's files in all states of a series.

import { ReadError } from '../read-error';
import type { FilePatch, Patch, Series } from '../series/series';
import { where } from '../series/shown';
import type { CDelta, CFile, CText, CTree, DeltaRow } from './c-file';
import { applyHunks, locate, newText, oldIndex, type Written } from './hunks';
import { applyKnown, linesBefore } from './known';

/** Files of a kernel tree: those that the series changes, and those that the port mirrors. */
export interface Kernel {
  /** The folder, for errors. */
  readonly name: string;
  /** Path from its root, and text with lines ending in \n. */
  readonly files: ReadonlyMap<string, string>;
}

/** Git's id of a text as a file, in hexadecimal digits. */
export type GitId = (text: string) => string;

/** One patch of one file. */
interface Part {
  readonly patch: Patch;
  readonly file: FilePatch;
  /** 0: of a series before this one. */
  readonly number: number;
}

/** A file while patches are applied to it. */
interface State {
  readonly path: string;
  text: CText | null;
  readonly states: (CText | null)[];
  readonly deltas: CDelta[];
  readonly notes: string[];
  hunks: number;
  failed: number;
  offset: number;
  /** Whether all texts so far have the git ids of the patches; null: no id could be compared. */
  exact: boolean | null;
}

function wholeText(lines: readonly Written[]): CText {
  return { lines: lines.map((line, i) => ({ ...line, number: i + 1 })), whole: true };
}

function linesOf(text: string): Written[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => ({ text: line, patch: 0 }));
}

function textOf(text: CText): string {
  return text.lines.map((line) => `${line.text}\n`).join('');
}

function partName({ patch, number }: Part): string {
  const name = `patch ${String(patch.number)}/${String(patch.of)}`;
  return number === 0 ? `${name} of an earlier series` : name;
}

/** Compares a state with an id of git's index line; ids are cut, so the shorter length counts. */
function compareId(state: State, id: string | null, gitId: GitId): void {
  if (id === null || state.text?.whole !== true || /^0+$/.test(id)) return;
  state.exact = (state.exact ?? true) && gitId(textOf(state.text)).startsWith(id);
}

function create(state: State, part: Part): void {
  if (state.text !== null) {
    for (const i of part.file.hunks.keys()) fail(state, part, i + 1, 'the file is there already');
    return;
  }
  const applied = applyHunks([], part.file, part.number);
  state.text = wholeText(applied.lines);
  if (part.number > 0) state.deltas.push({ patch: part.number, hunks: applied.rows });
}

/** Whether a hunk's new lines are already where it would put them. */
function isIn(lines: readonly Written[], file: FilePatch, hunk: number): boolean {
  const at = file.hunks[hunk - 1];
  return at !== undefined && locate(lines, newText(at), oldIndex(at), 0) !== null;
}

function fail(state: State, part: Part, hunk: number, why: string): void {
  const at = part.file.hunks[hunk - 1]?.at ?? part.patch.at;
  state.notes.push(
    `${where(at)}: ${partName(part)}, ${state.path}: hunk ${String(hunk)} of ${String(part.file.hunks.length)} does not apply: ${why}`,
  );
  if (part.number > 0) state.failed++;
}

function change(state: State, part: Part): void {
  const { file, number } = part;
  const { text } = state;
  if (number > 0) state.hunks += file.hunks.length;
  if (text === null) {
    for (const i of file.hunks.keys()) fail(state, part, i + 1, 'the file is not there');
    return;
  }
  let rows: readonly (readonly DeltaRow[])[];
  if (text.whole) {
    const applied = applyHunks(text.lines, file, number);
    for (const { hunk, why } of applied.failures)
      if (number === 0 && isIn(text.lines, file, hunk))
        state.notes.push(
          `${where(file.hunks[hunk - 1]?.at ?? part.patch.at)}: ${partName(part)}, ${state.path}: hunk ${String(hunk)} is in the tree already`,
        );
      else fail(state, part, hunk, why);
    if (Math.abs(applied.offset) > Math.abs(state.offset)) state.offset = applied.offset;
    state.text = wholeText(applied.lines);
    rows = applied.rows;
  } else {
    const applied = applyKnown(text.lines, file, number);
    for (const { hunk, why } of applied.failures) fail(state, part, hunk, why);
    state.text = { lines: applied.lines, whole: false };
    rows = applied.rows;
  }
  if (number > 0) state.deltas.push({ patch: number, hunks: rows });
  if (file.removed) state.text = null;
}

/** What is known of a file before any patch, and the patches that can be applied to it. */
function begin(
  path: string,
  parts: readonly Part[],
  kernel: Kernel | null,
  notes: string[],
): { text: CText | null; parts: readonly Part[] } {
  const known = kernel?.files.get(path);
  if (known !== undefined) return { text: wholeText(linesOf(known)), parts };
  if (parts[0]?.file.created === true) return { text: null, parts };
  if (kernel !== null)
    notes.push(`${kernel.name}: has no ${path}; only the lines near its changes are known`);
  const lines = linesBefore(parts.map(({ file }) => file));
  if (lines !== null) return { text: { lines, whole: false }, parts };
  notes.push(`${path}: the earlier series is not applied: its lines are not those of the series`);
  const own = parts.filter(({ number }) => number > 0);
  return {
    text: { lines: linesBefore(own.map(({ file }) => file)) ?? [], whole: false },
    parts: own,
  };
}

/** Whether the texts are those of the people who wrote the series; null where only lines near a change are known. */
function version(state: State, first: Part | undefined, isWhole: boolean): string | null {
  if (!isWhole) return null;
  if (first === undefined)
    return `${state.path}: version not known, since no patch changes it and gives its git id`;
  const { file } = first;
  if (state.exact === null)
    return `${state.path}: version not known, since no patch gives its git id`;
  if (state.exact && file.created)
    return `${state.path}: exactly as it was sent, git id ${file.newId ?? ''}`;
  if (state.exact)
    return `${state.path}: exactly the version that the series was made on, git id ${file.oldId ?? ''}`;
  if (file.created)
    return `${state.path}: its git id is not ${file.newId ?? ''}, which the patch gives; the mail was changed on its way`;
  const off = Math.abs(state.offset);
  const lines = off === 1 ? '1 line' : `${String(off)} lines`;
  return `${state.path}: not the version that the series was made on, git id ${file.oldId ?? ''}${off === 0 ? '' : `; hunks apply up to ${lines} off`}`;
}

function refuseOther(state: State, parts: readonly Part[], kernel: Kernel): void {
  if (state.failed * 2 <= state.hunks) return;
  const lines = linesOf(kernel.files.get(state.path) ?? '');
  const hunks = parts.flatMap(({ file, number }) => (number === 0 ? [] : file.hunks));
  const there = hunks.filter((hunk) => locate(lines, newText(hunk), oldIndex(hunk), 0) !== null);
  const applied = `${String(state.hunks - state.failed)} of ${String(state.hunks)} hunks of the series apply`;
  throw new ReadError(
    there.length * 2 > hunks.length
      ? `${kernel.name}/${state.path}: ${applied}, since the file has most of them already; expected a tree without the series`
      : `${kernel.name}/${state.path}: only ${applied}; expected the file of Linux 5.13-rc7 to 5.14`,
  );
}

interface BuiltFile {
  readonly file: CFile;
  readonly notes: readonly string[];
  readonly version: string | null;
  readonly failed: number;
}

function buildFile(
  path: string,
  all: readonly Part[],
  count: number,
  kernel: Kernel | null,
  gitId: GitId,
): BuiltFile {
  const notes: string[] = [];
  const { text, parts } = begin(path, all, kernel, notes);
  const state: State = {
    path,
    text,
    states: [],
    deltas: [],
    notes,
    hunks: 0,
    failed: 0,
    offset: 0,
    exact: null,
  };
  for (let number = 0; number <= count; number++) {
    for (const part of parts.filter((p) => p.number === number)) {
      if (number > 0) compareId(state, part.file.oldId, gitId);
      if (part.file.created) create(state, part);
      else change(state, part);
      if (number > 0) compareId(state, part.file.newId, gitId);
    }
    state.states.push(state.text);
  }
  const first = parts.find((part) => part.number > 0);
  if (kernel?.files.has(path) === true) refuseOther(state, parts, kernel);
  return {
    file: { path, states: state.states, deltas: state.deltas },
    notes,
    version: version(
      state,
      first,
      state.states.some((one) => one?.whole === true),
    ),
    failed: state.failed,
  };
}

/** A file that the series creates and that is there: the tree has the series, or another one of that name. */
function refuseCreated(parts: readonly Part[], kernel: Kernel): void {
  for (const { patch, file } of parts)
    if (file.created && kernel.files.has(file.path))
      throw new ReadError(
        `${kernel.name}: has ${file.path} already, which patch ${String(patch.number)}/${String(patch.of)} creates; expected a tree without the series`,
      );
}

/**
 * All states of the files that the series changes, and of the others of the kernel, sorted by path.
 * @param kernel null: files are known by the hunks only, and those that the series creates as a whole
 * @throws ReadError if fewer than half of the hunks of a file apply, or a file to be created is there
 */
export function buildTree(series: Series, kernel: Kernel | null, gitId: GitId): CTree {
  const parts: Part[] = [...series.before, ...series.patches].flatMap((patch, i) =>
    patch.files.map((file) => ({
      patch,
      file,
      number: i < series.before.length ? 0 : patch.number,
    })),
  );
  if (kernel !== null) refuseCreated(parts, kernel);
  const own = parts.filter(({ number }) => number > 0).map(({ file }) => file.path);
  const paths = [...new Set([...own, ...(kernel?.files.keys() ?? [])])].sort();
  const built = paths.map((path) =>
    buildFile(
      path,
      parts.filter((part) => part.file.path === path),
      series.patches.length,
      kernel,
      gitId,
    ),
  );
  return {
    files: built.map(({ file }) => file),
    notes: built.flatMap(({ notes }) => notes),
    versions: built.flatMap((one) => one.version ?? []),
    unapplied: built.reduce((sum, { failed }) => sum + failed, 0),
  };
}
