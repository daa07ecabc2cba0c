// SPDX-License-Identifier: GPL-2.0-only
// Files with the same lines: the end of one is the begin of another, or all of one is in another.
//
// Each file is read once for the first lines of the others, which have a time and so are in it once at most. Only where
// one is found are two files compared, line by line from there.
import { check_value, list_of, text } from '@iommu-bounce/linux-shim/options';
import { Lines, keyOf } from './file-lines';
import { readBlocks } from './files';
import { NEWLINE } from './quick/byte-cursor';

export interface RepeatedLines {
  /** Whose lines are in another file, too. */
  readonly file: string;
  readonly other: string;
  /** Lines that both have; without comments and empty ones. */
  readonly lines: number;
  /** Where these begin in each, from 1. */
  readonly line: number;
  readonly otherLine: number;
  /** All of `file`; else its first lines are the last ones of `other`. */
  readonly whole: boolean;
}

/** Fewer change no figure, and two kernel logs can have them in common. */
const LEAST = 4;

/** The same of lines that lie apart in the other file. */
const LEAST_APART = 16;

/** Lines in which the first one with a time is looked for. */
const MOST_HEAD = 1000;

/** Places that are compared in each file. */
const MOST_FOUND = 64;

/** Seconds with their microseconds, or a clock of nanoseconds. */
const TIME = /\d\.\d{6}|\d{9}/;

/** The first line of a file that has a time. */
interface Needle {
  readonly file: string;
  readonly line: number;
  readonly bytes: Buffer;
}

/**
 * The first two files found that have lines in common; null if none have. Less than two files are not read.
 * @param pathOf where a file lies; default: where its name says
 * @throws TraceError for a file that cannot be read
 */
export async function findRepeatedLines(
  files: readonly string[],
  pathOf: (file: string) => string = (file) => file,
): Promise<RepeatedLines | null> {
  check_value('findRepeatedLines', 'files', files, list_of(text, { least: 0 }));
  if (files.length < 2) return null;
  const needles = new Map<number, Needle[]>();
  for (const file of files) {
    const needle = await firstLine(file, pathOf(file));
    if (!needle) continue;
    const key = keyOf(needle.bytes, 0, needle.bytes.length);
    needles.set(key, [...(needles.get(key) ?? []), needle]);
  }
  for (const other of files)
    for (const { needle, line } of await seek(other, pathOf(other), needles)) {
      const found = await compare(needle, pathOf(needle.file), other, pathOf(other), line);
      if (found) return found;
    }
  return null;
}

/** The first lines of other files that are in this one. */
async function seek(
  file: string,
  path: string,
  needles: ReadonlyMap<number, readonly Needle[]>,
): Promise<{ needle: Needle; line: number }[]> {
  const found: { needle: Needle; line: number }[] = [];
  let line = 0;
  for await (const { bytes } of readBlocks(file, path))
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      line++;
      for (const needle of needles.get(keyOf(bytes, start, end)) ?? [])
        if (
          found.length < MOST_FOUND &&
          needle.file !== file &&
          needle.bytes.equals(bytes.subarray(start, end))
        )
          found.push({ needle, line });
      start = end + 1;
    }
  return found;
}

async function compare(
  needle: Needle,
  path: string,
  other: string,
  otherPath: string,
  otherLine: number,
): Promise<RepeatedLines | null> {
  const { file, line } = needle;
  const [ours, theirs] = [new Lines(file, path), new Lines(other, otherPath)];
  try {
    await ours.skip(line - 1);
    const isTheirFirst = (await theirs.skip(otherLine - 1)) === 0;
    let lines = 0;
    let isApart = false;
    let our = await ours.next();
    for (;;) {
      const their = await theirs.next();
      const isEnd = our === null || their === null;
      if (isEnd && lines < (isApart ? LEAST_APART : LEAST)) return null;
      if (our === null) return { file, other, lines, line, otherLine, whole: true };
      if (their === null) {
        if (isApart) return null;
        if (isTheirFirst)
          return { file: other, other: file, lines, line: otherLine, otherLine: line, whole: true };
        return { file, other, lines, line, otherLine, whole: false };
      }
      if (our.equals(their)) {
        lines++;
        our = await ours.next();
      } else isApart = true;
    }
  } finally {
    await ours.close();
    await theirs.close();
  }
}

async function firstLine(file: string, path: string): Promise<Needle | null> {
  const lines = new Lines(file, path);
  try {
    for (let i = 0; i < MOST_HEAD; i++) {
      const bytes = await lines.next();
      if (bytes === null) return null;
      if (TIME.test(bytes.toString('latin1')))
        return { file, line: lines.line, bytes: Buffer.from(bytes) };
    }
    return null;
  } finally {
    await lines.close();
  }
}
