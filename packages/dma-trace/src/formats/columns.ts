// SPDX-License-Identifier: GPL-2.0-only
// The columns that the tracers have in common: `task-pid [cpu] flags seconds.fraction: `.
import { type EventHead, MOST_CPUS } from '../event-head';
import type { Scanner } from '../scanner';

/** A task name has 15 characters at most; pid, tgid and padding stand beside it. */
const CPU_COLUMN_LIMIT = 80;
/** TASK_COMM_LEN without the zero, in bytes: the characters are no more. */
const LONGEST_COMM = 15;

/** False if something stands in front of the name: the tracers pad it with spaces. */
export const isComm = (text: string): boolean => text.length <= LONGEST_COMM || !text.includes(' ');

const FLAGS = /^[.#\w]{3,8}$/;
const MOST_PID_DIGITS = 10;

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** `-` stands between a task and its pid in ftrace and trace-cmd, a space in perf. */
export type Separator = '-' | ' ';

/**
 * Reads up to the event's name, or gives null and leaves the cursor anywhere.
 * @param rawFlags reads what stands right behind the CPU column; null if nothing may
 */
export function bracketedHead(
  scan: Scanner,
  line: number,
  separator: Separator,
  rawFlags: ((scan: Scanner) => string | null) | null = null,
): EventHead | null {
  const { text } = scan;
  // A task name may hold anything, `[0]` too: the CPU column is the first bracket with all that belongs around it.
  for (
    let open = text.indexOf(' [');
    open >= 0 && open < CPU_COLUMN_LIMIT;
    open = text.indexOf(' [', open + 1)
  ) {
    const head = headAround(scan, line, open, separator, rawFlags);
    if (head !== null) return head;
  }
  return null;
}

function headAround(
  scan: Scanner,
  line: number,
  open: number,
  separator: Separator,
  rawFlags: ((scan: Scanner) => string | null) | null,
): EventHead | null {
  const { text } = scan;
  scan.pos = open + 2;
  let cpu = 0;
  for (;;) {
    const code = text.charCodeAt(scan.pos);
    if (!isDigit(code)) break;
    cpu = cpu * 10 + code - 0x30;
    scan.pos++;
  }
  if (scan.pos === open + 2 || cpu >= MOST_CPUS || !scan.accept(']')) return null;
  let flags = rawFlags?.(scan) ?? '';
  if (!scan.accept(' ')) return null;
  scan.skipSpaces();
  const timeOrFlags = scan.pos;
  let timeNs = time(scan);
  if (timeNs === null) {
    const space = text.indexOf(' ', timeOrFlags);
    if (space < 0) return null;
    flags = text.slice(timeOrFlags, space);
    if (!FLAGS.test(flags)) return null;
    scan.pos = space;
    scan.skipSpaces();
    timeNs = time(scan);
    if (timeNs === null) return null;
  }
  const task = taskBefore(text, open, separator);
  return task === null ? null : { line, comm: task.comm, pid: task.pid, cpu, flags, timeNs };
}

/** `comm-pid`, `comm-pid (tgid)`, `comm pid` or `comm pid/tid`, padded on either side. */
export function taskBefore(
  text: string,
  before: number,
  separator: Separator,
): { comm: string; pid: number } | null {
  let end = before;
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--;
  if (text[end - 1] === ')') {
    const tgid = text.lastIndexOf('(', end);
    if (tgid < 0) return null;
    end = tgid;
    while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--;
  }
  let pid = 0;
  let unit = 1;
  let at = end;
  while (at > 0) {
    const code = text.charCodeAt(at - 1);
    if (!isDigit(code)) break;
    pid += (code - 0x30) * unit;
    unit *= 10;
    at--;
  }
  if (at === end || end - at > MOST_PID_DIGITS) return null;
  if (separator === ' ' && text[at - 1] === '/') {
    do at--;
    while (at > 0 && isDigit(text.charCodeAt(at - 1)));
  }
  if (text[at - 1] !== separator) return null;
  let start = 0;
  while (start < at - 1 && text.charCodeAt(start) === 0x20) start++;
  const name = text.slice(start, at - 1);
  const comm = separator === '-' ? name : name.trimEnd();
  // Something that is not known stands in front.
  return isComm(comm) ? { comm, pid } : null;
}

/** `seconds.fraction: ` with 6 to 9 digits of fraction, as nanoseconds; or a whole number of ticks, if the cursor knows these. */
export function time(scan: Scanner): number | null {
  const { text } = scan;
  let at = scan.pos;
  let seconds = 0;
  while (isDigit(text.charCodeAt(at))) seconds = seconds * 10 + text.charCodeAt(at++) - 0x30;
  if (at === scan.pos || at - scan.pos > 12) return null;
  if (scan.tickNs > 0 && text.startsWith(': ', at)) {
    scan.pos = at + 2;
    scan.skipSpaces();
    return seconds * scan.tickNs;
  }
  if (text.charCodeAt(at) !== 0x2e) return null;
  const point = at++;
  let fraction = 0;
  while (isDigit(text.charCodeAt(at))) fraction = fraction * 10 + text.charCodeAt(at++) - 0x30;
  const digits = at - point - 1;
  if (digits < 6 || digits > 9 || text.charCodeAt(at) !== 0x3a) return null;
  for (let missing = digits; missing < 9; missing++) fraction *= 10;
  scan.pos = at + 1;
  if (!scan.accept(' ')) return null;
  scan.skipSpaces();
  return seconds * 1e9 + fraction;
}
