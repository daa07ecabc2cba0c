// SPDX-License-Identifier: GPL-2.0-only
// The diff in a text: files and hunks. Kept libraries for diffs know no place in the reader's file and drop what they do
// not understand; here each line is a hunk's, a header's or an error.

import { ReadError } from '../read-error';
import type { FilePatch, Hunk, Place } from './series';
import { shown, where } from './shown';

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?: (.*))?$/;
const LOOKS_LIKE_HUNK = /^@@ -\d/;
const EXTENDED =
  /^(old mode|new mode|new file mode|deleted file mode|index|similarity index|dissimilarity index) /;

/** A text with a position. */
class DiffText {
  next = 0;

  constructor(
    readonly lines: readonly string[],
    readonly at: (line: number) => Place,
  ) {}

  peek(ahead = 0): string | undefined {
    return this.lines[this.next + ahead];
  }

  take(): string {
    return this.lines[this.next++] ?? '';
  }

  fail(message: string, line = this.next): never {
    throw new ReadError(`${where(this.at(line))}: ${message}`);
  }
}

/** "b/drivers/x.c" or "/dev/null", perhaps in C's quotes and with a date after a tab; null is /dev/null. */
function pathOf(reader: DiffText, name: string): string | null {
  const bare = (name.split('\t', 1)[0] as string).trimEnd();
  if (bare === '/dev/null') return null;
  if (bare.startsWith('"'))
    reader.fail(`the file name ${shown(bare)} is quoted; expected a plain name`);
  const path = bare.replace(/^[abciow]\//, '');
  if (path === '' || path.startsWith('/') || path.split('/').some((part) => part === '..'))
    reader.fail(`the file name ${shown(bare)} does not stay in the kernel tree`);
  return path;
}

function readHunk(reader: DiffText, delta: number, end: number): Hunk {
  const begin = reader.next;
  const match = HUNK.exec(reader.take());
  if (match === null)
    reader.fail(`damaged hunk header; expected "@@ -LINE,COUNT +LINE,COUNT @@"`, begin);
  const [oldStart, oldLines, newStart, newLines] = [
    Number(match[1]),
    Number(match[2] ?? 1),
    Number(match[3]),
    Number(match[4] ?? 1),
  ] as const;
  // A range without lines names the line before it.
  const oldFirst = oldLines === 0 ? oldStart + 1 : oldStart;
  const newFirst = newLines === 0 ? newStart + 1 : newStart;
  if (oldFirst < end || newFirst !== oldFirst + delta)
    reader.fail(
      `the hunk's line numbers do not follow from the hunks before it: expected +${String(oldFirst + delta)}, found +${String(newFirst)}`,
      begin,
    );
  const lines: string[] = [];
  let oldLeft = oldLines;
  let newLeft = newLines;
  while (oldLeft > 0 || newLeft > 0) {
    const written = reader.peek();
    // Mailers take spaces at the end of a line away: an empty line is empty context, as git reads it.
    const line = written === '' && oldLeft > 0 && newLeft > 0 ? ' ' : written;
    const missing = `the hunk of line ${String(reader.at(begin).line)} has ${String(oldLeft)} old and ${String(newLeft)} new lines too few`;
    if (line === undefined) reader.fail(`the text ends, but ${missing}`, reader.lines.length - 1);
    const sign = line[0];
    if (isSignature(reader)) reader.fail(`the diff ends, but ${missing}`);
    if (endsSide(line, lines.at(-1), oldLeft, newLeft)) {
      reader.next++;
      continue;
    }
    if (sign !== ' ' && sign !== '+' && sign !== '-')
      reader.fail(
        `${line === '' ? 'an empty line' : `a line that begins with ${shown(sign ?? '')}`} in a hunk; expected ' ', '+' or '-' (a wrapped or damaged line: ${missing})`,
      );
    if (sign !== '+') oldLeft--;
    if (sign !== '-') newLeft--;
    if (oldLeft < 0 || newLeft < 0)
      reader.fail(
        `more lines than the hunk header of line ${String(reader.at(begin).line)} counts`,
      );
    lines.push(line);
    reader.next++;
  }
  if (endsSide(reader.peek() ?? '', lines.at(-1), 0, 0)) reader.next++;
  return {
    oldStart,
    oldLines,
    newStart,
    newLines,
    section: match[5] ?? '',
    lines,
    at: reader.at(begin),
  };
}

/** "\\ No newline at end of file", in whatever language: after the last line of the old or the new text. */
function endsSide(
  line: string,
  before: string | undefined,
  oldLeft: number,
  newLeft: number,
): boolean {
  return (
    /^\\ .{10,}$/.test(line) &&
    before !== undefined &&
    (before.startsWith('+') || oldLeft === 0) &&
    (before.startsWith('-') || newLeft === 0)
  );
}

/** "-- " and git's version: not a removed line, although a hunk that lost one would take it for that. */
function isSignature(reader: DiffText): boolean {
  return (
    /^-- ?$/.test(reader.peek() ?? '') &&
    /^[^ +\-\\@\s]/.test(reader.peek(1) ?? '') &&
    reader.peek(1)?.startsWith('diff ') !== true
  );
}

/** Behind the hunks of a file nothing may look like a part of one: it would be a hunk with damage. */
function endOfHunks(reader: DiffText): void {
  const next = reader.peek() ?? '';
  // A list's footer begins with a line of underscores.
  if (!beginsFile(reader) && !/^(|-- ?|_{5,}|@@.*|[ +-].*)$/.test(next))
    reader.fail(`${shown(next)} after a hunk; expected an empty line or "-- " (a wrapped line?)`);
  while (reader.next < reader.lines.length) {
    const line = reader.peek() as string;
    if (beginsFile(reader)) return;
    if (/^-- ?$/.test(line) && !/^[ +@\\-]/.test(reader.peek(1) ?? '')) {
      reader.next = reader.lines.length;
      return;
    }
    if (/^([ +-]|@@)/.test(line))
      reader.fail(`${shown(line)} is outside of any hunk; the hunk before it is damaged`);
    reader.next++;
  }
}

function beginsFile(reader: DiffText): boolean {
  const line = reader.peek() ?? '';
  return (
    line.startsWith('diff --git ') ||
    (/^--- \S/.test(line) && /^\+\+\+ \S/.test(reader.peek(1) ?? ''))
  );
}

interface Header {
  path: string | null;
  created: boolean;
  removed: boolean;
  oldId: string | null;
  newId: string | null;
}

function readHeader(reader: DiffText): Header {
  const header: Header = { path: null, created: false, removed: false, oldId: null, newId: null };
  if (reader.peek()?.startsWith('diff --git ') !== true) return header;
  const names = /^diff --git (\S+) (\S+)$/.exec(reader.peek() ?? '');
  if (names === null) reader.fail('damaged line; expected "diff --git a/FILE b/FILE"');
  header.path = pathOf(reader, names[2] as string);
  if (header.path !== pathOf(reader, names[1] as string))
    reader.fail('a renamed file; expected the same name twice');
  reader.next++;
  for (;;) {
    const line = reader.peek() ?? '';
    if (!EXTENDED.test(line)) break;
    if (line.startsWith('new file')) header.created = true;
    if (line.startsWith('deleted file')) header.removed = true;
    const index = /^index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})( \d+)?$/.exec(line);
    if (line.startsWith('index ') && index === null)
      reader.fail('damaged line; expected "index ID..ID"');
    if (index !== null)
      [, header.oldId, header.newId] = index as unknown as [string, string, string];
    reader.next++;
  }
  const line = reader.peek() ?? '';
  if (/^(rename|copy) (from|to) /.test(line))
    reader.fail('a renamed or copied file; expected a patch without renames');
  if (/^(GIT binary patch|Binary files )/.test(line)) reader.fail('a binary file; expected a text');
  return header;
}

function readFile(reader: DiffText): FilePatch {
  const begin = reader.next;
  const header = readHeader(reader);
  let { path } = header;
  const hunks: Hunk[] = [];
  if (reader.peek()?.startsWith('--- ') === true) {
    const old = pathOf(reader, reader.take().slice(4));
    if (reader.peek()?.startsWith('+++ ') !== true) reader.fail('expected "+++ b/FILE"');
    const now = pathOf(reader, (reader.peek() ?? '').slice(4));
    const named = now ?? old;
    if (named === null || (path !== null && path !== named) || (old !== null && old !== named))
      reader.fail('another file than the lines before name');
    path = named;
    header.created ||= old === null;
    header.removed ||= now === null;
    reader.next++;
    if (reader.peek()?.startsWith('@@') !== true)
      reader.fail('expected a hunk: "@@ -LINE,COUNT +LINE,COUNT @@"');
    let delta = 0;
    let end = 1;
    while (reader.peek()?.startsWith('@@') === true) {
      const hunk = readHunk(reader, delta, end);
      delta += hunk.newLines - hunk.oldLines;
      end = hunk.oldStart + Math.max(hunk.oldLines, 1);
      hunks.push(hunk);
    }
  } else if (reader.peek() !== undefined && !/^(|-- ?|diff --git .*)$/.test(reader.peek() ?? '')) {
    reader.fail(`${shown(reader.peek() ?? '')}; expected "--- a/FILE"`);
  }
  endOfHunks(reader);
  if (path === null) reader.fail('no file name', begin);
  return { ...header, path, hunks };
}

/**
 * The files of all diffs in a text, in its order; empty if there is none.
 * @param at the place of a line, counted from 0
 * @throws ReadError for a damaged diff, with the place of the first line that does not fit
 */
export function parseDiff(text: string, at: (line: number) => Place): FilePatch[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const reader = new DiffText(lines, at);
  const files: FilePatch[] = [];
  while (reader.next < lines.length) {
    if (beginsFile(reader)) {
      const begin = reader.next;
      const file = readFile(reader);
      if (files.some(({ path }) => path === file.path))
        reader.fail(`${shown(file.path)} is changed twice by one patch`, begin);
      files.push(file);
    } else {
      if (LOOKS_LIKE_HUNK.test(reader.peek() ?? ''))
        reader.fail('a hunk without the lines "--- a/FILE" and "+++ b/FILE" before it');
      reader.next++;
    }
  }
  return files;
}
