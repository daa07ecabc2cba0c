// SPDX-License-Identifier: GPL-2.0-only
// What a mail, grep, cat -n, a journal or a container puts in front of each line. It is no part of a task's name.

import { firstLines } from './first-lines';
import { FormatDetector } from './formats/detect';
import {
  DMESG_DATE,
  EVENT_TIME,
  SYSLOG_DATE,
  hasLogPrefix,
  parseKernelLog,
  programOf,
} from './parse-kernel-log';
import { Scanner } from './scanner';

const ISO = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`;

/** A reply, however deep. */
export const REPLY = /^>(?: ?>)* ?/;

/** grep -n, with the file's name if there are several. */
const NUMBERED = /^(?:(?=\d*[^\s:\d])[^\s:]+:)?(\d+):/;

/** In front of any line. */
const ANY: readonly RegExp[] = [
  // docker and kubectl with times, and their logs on the node
  new RegExp(`^${ISO} (?:(?:stdout|stderr) [FP] )?`),
  REPLY,
  // An item of a list; what a diff adds.
  /^[-*+•] +|^\+/,
  // cat -n, nl
  /^ *\d+\t/,
  NUMBERED,
  // grep -H
  /^(?!\d+\.\d+:)[^\s:]*\.\w+:/,
  // journalctl -o cat of what a script prints, `kernel: [   12.345678] `
  /^[\w.-]+(?:\[\d+\])?: (?=[ [#])/,
  // kubectl, compose
  /^\[pod\/\S+\] /,
  /^[\w.-]+ +\| /,
];

/** In front of a line of a trace; a line of the kernel log has its time there. */
const OF_TRACES: readonly RegExp[] = [
  // journalctl, syslog; ts
  new RegExp(String.raw`^(?:${SYSLOG_DATE}|${ISO}) (?:[^\s#]\S* [^\s:]+: ?)?`, 'u'),
  // dmesg, with dates or uptimes; -r
  new RegExp(String.raw`^(?:<\d{1,3}>)?\[(?: *\d+\.\d+|${DMESG_DATE})\](?:\[ *[TC]\d+\])? `),
];

const ALL = [...ANY, ...OF_TRACES];
/** The time of an event, also as an oops dumps the buffer, a probe of bpftrace, a comment, the mark of lost events. */
const SIGN_OF_TRACE =
  /\d\.\d{6,9}: |\dus[ +!#*@$]: |: *\w*probe:|tracepoint:|[\]:Z\d] ?(?:#|CPU:\d)/;

/** One behind the other, at most. */
const MOST = 4;
/** Characters: the name of a file may be long. */
const LONGEST = 300;
const SPACE = 0x20;
const TAB = 0x09;

/** Lines of a file that are looked at before the first is read. */
const MOST_LOOKED_AT = 64;
/** Characters in which these are looked for: a kernel log has none. */
const MOST_TEXT = 1 << 19;

/** Takes the prefixes off the lines of one file. */
export class LinePrefixes {
  /** `12:30-77` is a task of the name `12:30`, or line 12 with one of the name `30`. Null: not known yet. */
  private areNumbered: boolean | null = null;
  /** Characters. */
  private looked = 0;

  /** Whether a look at more lines would tell something. */
  get isOpen(): boolean {
    return this.areNumbered === null;
  }

  /** Each line of grep -n has a number, larger than the one above. A single line does not tell, and is taken for one. */
  look(text: string): void {
    let seen = 0;
    let last = -1;
    for (const line of firstLines(text, LONGEST)) {
      if (seen >= MOST_LOOKED_AT) break;
      if (!EVENT_TIME.test(line)) continue;
      seen++;
      const number = Number(NUMBERED.exec(line.replace(REPLY, ''))?.[1] ?? -1);
      if (number <= last) {
        this.areNumbered = false;
        return;
      }
      last = number;
    }
    this.looked += text.length;
    if (seen > 1 || this.looked > MOST_TEXT) this.areNumbered = true;
  }

  /** The line without it; the line itself where what is behind would be no line of a capture. */
  without(text: string): string {
    return withoutPrefix(text, this.areNumbered ?? true);
  }
}

function withoutPrefix(text: string, areNumbered: boolean): string {
  if (!mayHavePrefix(text)) return text;
  return text.slice(prefixLength(text, MOST, false, areNumbered));
}

/** Lines of tracers begin with spaces, or with a mark of their own. */
function mayHavePrefix(text: string): boolean {
  let at = 0;
  while (text.charCodeAt(at) === SPACE) at++;
  if (at === text.length || text.startsWith('#', at)) return false;
  if (at === 0) return true;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return text.charCodeAt(at) === TAB;
}

/** @param isLog a line of the kernel log: what it has in front belongs to it, unless a trace's line is behind */
function prefixLength(text: string, most: number, isLog: boolean, areNumbered: boolean): number {
  if (most === 0) return 0;
  const mayBeLog = !isLog && !hasLogPrefix(text);
  // Most lines of a log: 4 µs less for each.
  if (!mayBeLog && !SIGN_OF_TRACE.test(text)) return 0;
  const front = text.slice(0, LONGEST);
  for (const pattern of ALL) {
    // What is none of a task's name is a number still.
    if (pattern === NUMBERED && !areNumbered && isTraceLine(text)) continue;
    const length = pattern.exec(front)?.[0].length ?? 0;
    if (length === 0) continue;
    const behind = text.slice(length);
    const more = prefixLength(behind, most - 1, !mayBeLog, areNumbered && pattern !== NUMBERED);
    if (more > 0) return length + more;
    if (isTraceLine(behind)) return length;
    if (mayBeLog && ANY.includes(pattern) && isOfLog(behind)) return length;
  }
  return 0;
}

function isOfLog(text: string): boolean {
  return parseKernelLog(text, 0) !== null || programOf(text) !== null;
}

/** Of what holds no event: comments, headers, blank lines, frames of a callchain. */
const NOTHING = /^(?:\s*$|#|cpus=\d+$|\s+[\da-f]{8,16} )/;

function isTraceLine(text: string): boolean {
  const told = new FormatDetector().tell(new Scanner(text), 0);
  if (told === null) return NOTHING.test(text);
  return told !== 'unparsed' && ('kind' in told || told.head.comm !== '');
}
