// SPDX-License-Identifier: GPL-2.0-only
// ftrace text: the files trace, trace_pipe and per_cpu/cpuN/trace of tracefs.
import { type EventHead, MOST_CPUS } from '../event-head';
import type { Scanner } from '../scanner';
import { bracketedHead } from './columns';
import { type Format, lost } from './format';

/** Comments, blank lines, and frames of a stack trace under an event. */
const NO_EVENT = /^(?:\s*$|#| => )/;
/** Without a number where the ring buffer does not count. */
const LOST = /^CPU:(\d+) \[LOST (?:(\d+) )?EVENTS\]$/;
/** In the place of an event whose line is longer than a page. */
const TOO_BIG = '[LINE TOO BIG]';
/** A buffer that overran: what its CPU recorded before is gone, and the header counts it. */
const BUFFER_STARTED = /^##### CPU (\d+) buffer started ####$/;

/**
 * trace_options latency-format: `  <idle>-0       0dNh3. 1234us : `, the first eight characters of the name, the CPU glued to
 * the flags, microseconds since the buffer was cleared, and a mark of how long the next event takes.
 */
const LATENCY =
  /^ *(\S.{0,7}?)-(\d{1,10}) +(\d{1,4})([.a-zA-Z#][.\w#]{2,7}) +(\d{1,12})us[ +!#*@$]: +/;
const LATENCY_LIMIT = 80;

function latencyHead(scan: Scanner, line: number): EventHead | null {
  const [all, comm = '', pid, cpu, flags = '', us] =
    LATENCY.exec(scan.text.slice(0, LATENCY_LIMIT)) ?? [];
  if (all === undefined || Number(cpu) >= MOST_CPUS) return null;
  scan.pos = all.length;
  return { line, comm, pid: Number(pid), cpu: Number(cpu), flags, timeNs: Number(us) * 1e3 };
}

export const ftrace: Format = {
  name: 'ftrace',
  // Of trace_pipe: a reader that waits takes each CPU's events as they come. Seen: 5.
  disorder: 1024,
  head: (scan, line) => bracketedHead(scan, line, '-') ?? latencyHead(scan, line),
  other(text, line) {
    const started = BUFFER_STARTED.exec(text);
    if (started !== null) return lost(line, started[1], undefined, true);
    if (NO_EVENT.test(text)) return null;
    if (text === TOO_BIG) return lost(line, undefined, '1');
    const mark = LOST.exec(text);
    return mark === null ? 'unparsed' : lost(line, mark[1], mark[2]);
  },
};
