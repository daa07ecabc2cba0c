// SPDX-License-Identifier: GPL-2.0-only
// What the scripts of the folder bpftrace (dma.bt, dma-6.18.bt, dma-iova.bt) print: `nanoseconds cpu task pid probe key=value…`.
// A thread's id stands for the pid; numbers are read with and without 0x, since earlier scripts printed bare hex.
import { type EventHead, MOST_CPUS } from '../event-head';
import type { Scanner } from '../scanner';
import { type Format, lost } from './format';

/** A task name may hold spaces and numbers: the last number before a probe is the pid. */
const HEAD =
  /^(\d{1,19}) (\d{1,5}) (.{0,40}?) ?(\d{1,10}) (?=(?:tracepoint|k(?:ret)?probe|f(?:entry|exit)|k(?:ret)?func|rawtracepoint):)/;
const HEAD_LIMIT = 120;
/** bpftrace's own words, and the maps that it prints when it ends. */
const NO_EVENT = /^(?:\s*$|Attach(?:ing|ed) \d+ probes?|@|stdin:\d|#)/;
const LOST = /^(?:WARNING: )?Lost (\d+) events\b/i;

export const bpftrace: Format = {
  name: 'bpftrace',
  // It empties the buffer of one CPU after the other. Seen: 9,691 of 10,638.
  disorder: 1 << 17,
  head: bpftraceHead,
  other(text, line) {
    const mark = LOST.exec(text);
    if (mark !== null) return lost(line, undefined, mark[1]);
    return NO_EVENT.test(text) ? null : 'unparsed';
  },
};

function bpftraceHead(scan: Scanner, line: number): EventHead | null {
  const first = scan.text.charCodeAt(0);
  if (!(first >= 0x30 && first <= 0x39)) return null;
  const match = HEAD.exec(scan.text.slice(0, HEAD_LIMIT));
  if (match === null) return null;
  const [all, time, cpu, comm = '', pid] = match;
  if (Number(cpu) >= MOST_CPUS) return null;
  scan.pos = all.length;
  return { line, comm, pid: Number(pid), cpu: Number(cpu), flags: '', timeNs: Number(time) };
}

const PROBE = /(\w+):(?:[^ ]*:)?(\w+)(?: |$)/y;

/** The event's name past the probe, as a tracefs event of the same would be called; null if there is none. */
export function probeName(scan: Scanner): string | null {
  PROBE.lastIndex = scan.pos;
  const probe = PROBE.exec(scan.text);
  if (probe === null) return null;
  scan.pos += probe[0].length;
  const [, kind, name = ''] = probe;
  return kind === 'kretprobe' || kind === 'kretfunc' || kind === 'fexit' ? `${name}_ret` : name;
}
