// SPDX-License-Identifier: GPL-2.0-only
// The columns in front of an event, with another task; all else stays where it was.

import type { EventHead } from '../event-head';
import { bpftrace } from '../formats/bpftrace';
import type { Format } from '../formats/format';
import { perf } from '../formats/perf';
import type { Renaming } from './renaming';

/** `nanoseconds cpu task pid `. */
const BPFTRACE = /^(\d{1,19} \d{1,5} )(.*?)( ?)(\d{1,10}) $/;
/** What stands behind the task's name: `-pid`, `-pid (tgid)`; ` pid`, ` pid/tid` or neither for perf. */
const DASHED = /^-(\d+)(?:( *\( *)(\d+|-+)(\)))?/;
const SPACED = /^( *)(?:(?:(\d+)\/)?(\d+)(?= ))?/;

/** @returns null if the columns are none that are known */
export function rewriteHead(
  text: string,
  head: EventHead,
  format: Format,
  { tasks }: Renaming,
): string | null {
  const comm = tasks.comm(head.comm);
  const pid = (digits: string): string => String(tasks.pid(Number(digits)));
  if (format === bpftrace) {
    const [all, front = '', , space = '', digits = ''] = BPFTRACE.exec(text) ?? [];
    return all === undefined ? null : `${front}${comm}${space}${pid(digits)} `;
  }
  const indent = text.length - text.trimStart().length;
  if (!text.startsWith(head.comm, indent)) return null;
  const behind = text.slice(indent + head.comm.length);
  let task: string;
  let length: number;
  if (format === perf) {
    const [all = '', spaces = '', tgid, tid] = SPACED.exec(behind) ?? [];
    length = all.length;
    const ids = [tgid, tid].filter((one) => one !== undefined).map(pid);
    task = `${comm}${spaces}${ids.join('/')}`;
  } else {
    const match = DASHED.exec(behind);
    if (match === null) return null;
    const [all, digits = '', open = '', tgid, close = ''] = match;
    length = all.length;
    const group = tgid === undefined || tgid.startsWith('-') ? (tgid ?? '') : pid(tgid);
    task = `${comm}-${pid(digits)}${open}${group}${close}`;
  }
  const was = indent + head.comm.length + length;
  // As wide as before, so that columns stay below each other.
  return task.padStart(was) + behind.slice(length);
}
