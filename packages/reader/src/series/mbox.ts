// SPDX-License-Identifier: GPL-2.0-only
// A file with mails: an mbox, one mail, or a patch file as git makes it.

import { ReadError } from '../read-error';

/** One mail as its bytes. */
export interface RawMail {
  readonly file: string;
  /** The first line of its headers in the file, from 1. */
  readonly line: number;
  /** In the file, from 1; 0 if it is the only one. */
  readonly number: number;
  /** Mails without an id that have the same text here belong together. */
  readonly group: string;
  readonly bytes: Uint8Array;
}

const NEWLINE = 10;
const FROM = new TextEncoder().encode('From ');
const ESCAPE = 62; // '>'
const SEPARATOR = /^From \S.*\b\d\d:\d\d(:\d\d)?\b.*\b\d{4}\b/;
const HEADER = /^(>?From |[!-9;-~]+[ \t]*:)/;

interface Line {
  readonly start: number;
  /** Without the line end. */
  readonly end: number;
}

function linesOf(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    lines.push({ start, end });
    start = end + 1;
  }
  return lines;
}

function startsWithFrom(bytes: Uint8Array, at: number): boolean {
  return FROM.every((c, i) => bytes[at + i] === c);
}

/** The beginning of a line; enough to see what it is. */
function headOf(bytes: Uint8Array, line: Line | undefined): string {
  if (line === undefined) return '';
  return String.fromCharCode(...bytes.subarray(line.start, Math.min(line.end, line.start + 200)));
}

function isBlank(bytes: Uint8Array, line: Line | undefined): boolean {
  return line === undefined || /^\r?$/.test(headOf(bytes, line));
}

/** An mbox has one '>' more than the mail in front of each "From " that begins a line. */
function unescaped(bytes: Uint8Array): Uint8Array {
  const escaped = linesOf(bytes)
    .map(({ start }) => start)
    .filter((start) => {
      let at = start;
      while (bytes[at] === ESCAPE) at++;
      return at > start && startsWithFrom(bytes, at);
    });
  if (escaped.length === 0) return bytes;
  const out = new Uint8Array(bytes.length - escaped.length);
  let to = 0;
  let from = 0;
  for (const at of escaped) {
    out.set(bytes.subarray(from, at), to);
    to += at - from;
    from = at + 1;
  }
  out.set(bytes.subarray(from), to);
  return out;
}

/**
 * The mails of a file, in its order.
 * @param folder where mails of other files may belong to the same series
 * @throws ReadError if the file is empty, binary, or neither mbox nor mail
 */
export function splitMails(file: string, folder: string, bytes: Uint8Array): RawMail[] {
  const lines = linesOf(bytes);
  const first = lines.findIndex((line) => !isBlank(bytes, line));
  if (first < 0) throw new ReadError(`${file}: is empty; expected an mbox, a mail or a patch file`);
  const nul = bytes.indexOf(0);
  if (nul >= 0)
    throw new ReadError(
      `${file}: is binary (a zero byte at ${String(nul)}); expected an mbox, a mail or a patch file`,
    );

  const starts = lines.flatMap((line, i) => {
    if (!startsWithFrom(bytes, line.start)) return [];
    if (i === first) return [i];
    const begins =
      isBlank(bytes, lines[i - 1]) &&
      SEPARATOR.test(headOf(bytes, line)) &&
      HEADER.test(headOf(bytes, lines[i + 1]));
    return begins ? [i] : [];
  });
  const isMbox = starts[0] === first;
  const heads = isMbox ? starts.map((i) => i + 1) : [first];
  if (!HEADER.test(headOf(bytes, lines[heads[0] as number])))
    throw new ReadError(
      `${file}:${String((heads[0] as number) + 1)}: no mail header; expected an mbox, a mail or a patch file of git format-patch`,
    );
  return heads.map((head, n) => {
    const next = isMbox ? starts[n + 1] : undefined;
    const raw = bytes.subarray(
      lines[head]?.start ?? bytes.length,
      next === undefined ? bytes.length : (lines[next] as Line).start,
    );
    return {
      file,
      line: head + 1,
      number: heads.length === 1 ? 0 : n + 1,
      group: heads.length === 1 ? folder : file,
      bytes: isMbox ? unescaped(raw) : raw,
    };
  });
}
