// SPDX-License-Identifier: GPL-2.0-only
// The columns in front of an event in their usual shape, from bytes. Whatever is unusual is left to formats/*.ts, of which
// these accept a part, with the same result.

import { type EventHead, MOST_CPUS } from '../event-head';
import { isComm } from '../formats/columns';
import type { FormatName } from '../formats/format';
import { marksOf } from '../formats/trace-cmd';
import { type ByteCursor, NEWLINE, SPACE, ZERO, ascii } from './byte-cursor';

/** As in formats/columns.ts: the CPU column begins before. */
const CPU_COLUMN_LIMIT = 80;
const DASH = 0x2d;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const POINT = 0x2e;
const COLON = 0x3a;
const PLUS = 0x2b;
const GREATER = 0x3e;
const HASH = 0x23;
const AMPERSAND = 0x26;
const UNDERSCORE = 0x5f;
const RAW_FLAGS = ascii('-0x');
const MOST_DIGITS = 10;

/** One for all lines: an event copies what it needs. */
export class QuickHead implements EventHead {
  line = 0;
  comm = '';
  pid = 0;
  cpu: number | null = 0;
  flags = '';
  timeNs = 0;
  private readonly rawFlags: string[] = [];

  /** Reads up to the event's name; false leaves the cursor anywhere. */
  read(cursor: ByteCursor, format: FormatName): boolean {
    switch (format) {
      case 'ftrace':
        return this.bracketed(cursor, DASH, false);
      case 'trace-cmd':
        return this.bracketed(cursor, DASH, true);
      case 'perf':
        return this.bracketed(cursor, SPACE, false);
      case 'bpftrace':
        return this.spaced(cursor);
    }
  }

  /** `task-pid [cpu] flags seconds: `. */
  private bracketed(cursor: ByteCursor, separator: number, mayBeRaw: boolean): boolean {
    const { bytes, at: begin } = cursor;
    let open = begin;
    let byte = bytes[open] as number;
    // The first bracket behind a space.
    while (byte !== OPEN || bytes[open - 1] !== SPACE) {
      if (byte === NEWLINE || byte >= 0x7f) return false;
      byte = bytes[++open] as number;
    }
    if (open === begin || open - 1 - begin >= CPU_COLUMN_LIMIT) return false;
    if (!this.task(cursor, begin, open - 1, separator)) return false;
    cursor.at = open + 1;
    const cpu = cursor.dec();
    if (!cursor.ok || cpu >= MOST_CPUS || !cursor.acceptByte(CLOSE)) return false;
    this.cpu = cpu;
    this.flags = mayBeRaw && cursor.accept(RAW_FLAGS) ? this.marks(cursor) : '';
    if (!cursor.acceptByte(SPACE)) return false;
    cursor.skipSpaces();
    if (!isDigit(bytes[cursor.at] as number)) {
      const from = cursor.at;
      let at = from;
      while (isFlag(bytes[at] as number)) at++;
      if (at - from < 3 || at - from > 8 || bytes[at] !== SPACE) return false;
      this.flags = cursor.name(from, at, at);
      cursor.skipSpaces();
    }
    return this.time(cursor);
  }

  /** What stands before the CPU column, without a thread group. */
  private task(cursor: ByteCursor, begin: number, before: number, separator: number): boolean {
    const { bytes } = cursor;
    let end = before;
    while (end > begin && bytes[end - 1] === SPACE) end--;
    let at = end;
    let pid = 0;
    let unit = 1;
    while (at > begin && isDigit(bytes[at - 1] as number)) {
      pid += ((bytes[at - 1] as number) - ZERO) * unit;
      unit *= 10;
      at--;
    }
    if (at === end || end - at > MOST_DIGITS || at === begin || bytes[at - 1] !== separator)
      return false;
    let to = at - 1;
    let from = begin;
    while (from < to && bytes[from] === SPACE) from++;
    if (separator === SPACE) while (to > from && bytes[to - 1] === SPACE) to--;
    const mayHavePrefix = from === begin;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      // An ampersand may begin an HTML entity.
      if (byte < SPACE || byte === AMPERSAND || (mayHavePrefix && isOfPrefix(byte))) return false;
    }
    this.pid = pid;
    this.comm = cursor.name(from, to, to);
    return cursor.ok && isComm(this.comm);
  }

  /** The marks of a number that -R prints. */
  private marks(cursor: ByteCursor): string {
    const bits = cursor.hex();
    if (bits > 0xff) cursor.ok = false;
    return cursor.ok ? (this.rawFlags[bits] ??= marksOf(bits)) : '';
  }

  /** `seconds.fraction: ` with 6 to 9 digits. */
  private time(cursor: ByteCursor): boolean {
    const { bytes, at: start } = cursor;
    let at = start;
    let seconds = 0;
    while (isDigit(bytes[at] as number)) seconds = seconds * 10 + (bytes[at++] as number) - ZERO;
    if (at === start || at - start > 9 || bytes[at] !== POINT) return false;
    const point = at++;
    let fraction = 0;
    while (isDigit(bytes[at] as number)) fraction = fraction * 10 + (bytes[at++] as number) - ZERO;
    const digits = at - point - 1;
    if (digits < 6 || digits > 9 || bytes[at] !== COLON || bytes[at + 1] !== SPACE) return false;
    for (let missing = digits; missing < 9; missing++) fraction *= 10;
    cursor.at = at + 2;
    cursor.skipSpaces();
    this.timeNs = seconds * 1e9 + fraction;
    return cursor.ok;
  }

  /** `nanoseconds cpu task pid `, with a task of one word. */
  private spaced(cursor: ByteCursor): boolean {
    const timeNs = cursor.dec();
    if (!cursor.acceptByte(SPACE)) return false;
    const start = cursor.at;
    const cpu = cursor.dec();
    if (cursor.at - start > 5 || cpu >= MOST_CPUS || !cursor.acceptByte(SPACE)) return false;
    const comm = cursor.word();
    if (comm.length > 40 || !cursor.acceptByte(SPACE)) return false;
    const from = cursor.at;
    const pid = cursor.dec();
    if (!cursor.ok || cursor.at - from > MOST_DIGITS || !cursor.acceptByte(SPACE)) return false;
    this.timeNs = timeNs;
    this.cpu = cpu;
    this.comm = comm;
    this.pid = pid;
    this.flags = '';
    return true;
  }
}

/** `trace.txt:12:task`, `> task`, `- task`, `+task`, `[   12.345678] task`. */
function isOfPrefix(byte: number): boolean {
  return byte <= PLUS || byte === COLON || byte === GREATER;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** `[.#\w]`. */
function isFlag(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === POINT ||
    (byte >= 0x41 && byte <= 0x5a) ||
    isDigit(byte) ||
    byte === UNDERSCORE ||
    byte === HASH
  );
}
