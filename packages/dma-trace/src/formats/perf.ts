// SPDX-License-Identifier: GPL-2.0-only
// `perf script`: default, with fields chosen by -F, with --ns, the header, addresses and symbols, callchains, and with the
// records about tasks and lost events.
import type { EventHead } from '../event-head';
import type { LostEvents } from '../events';
import type { Scanner } from '../scanner';
import { bracketedHead, isComm, time } from './columns';
import { type Format, lost } from './format';

/** -F may leave out each column but the time; of the pid and the thread's id, the latter tells tasks apart. */
const FEWER_COLUMNS =
  /^ *(?:(\S.{0,31}?) +)??(?:(?:\d+\/)?(\d+) +)?(?:\[(\d+)\] +)?(?=\d+\.\d{6,9}: +(?:\d+ +)?(?:\w+:\w+|PERF_RECORD_\w+)\b)/;
const COLUMNS_LIMIT = 100;

/** The header, blank lines after a callchain, and what perf says on stderr of a file without processor events. */
const NO_EVENT = /^(?:\s*$|#|'trace' not valid for |Warning:$|Check IO\/CPU overload!$)/;
/** A frame of a callchain: address, symbol and file, or some of these. */
const FRAME = /^\s+(?:[\da-f]{1,16}(?:$| )|\S+ \(\S+\)$)/;
/** On stderr, without --show-lost-events: that events were lost, not where. */
const LOST_SOMEWHERE =
  /^Processed \d+ (?:events and lost \d+ chunks|samples and lost +\d+(?:\.\d+)?%)!$/;
const LOST = /^PERF_RECORD_LOST(?:_SAMPLES)? +lost (\d+)/;

export const perf: Format = {
  name: 'perf',
  // It sorts what it reads at once, one round of all buffers.
  disorder: 4096,
  head(scan, line) {
    return bracketedHead(scan, line, ' ') ?? fewerColumns(scan, line);
  },
  other(text, line) {
    if (NO_EVENT.test(text) || FRAME.test(text)) return null;
    return LOST_SOMEWHERE.test(text) ? lost(line, undefined, undefined) : 'unparsed';
  },
};

function fewerColumns(scan: Scanner, line: number): EventHead | null {
  const match = FEWER_COLUMNS.exec(scan.text.slice(0, COLUMNS_LIMIT));
  if (match === null) return null;
  const [all, comm = '', pid, cpu] = match;
  if (!isComm(comm)) return null;
  scan.pos = all.length;
  const timeNs = time(scan);
  if (timeNs === null) return null;
  return {
    line,
    comm,
    pid: Number(pid ?? 0),
    cpu: cpu === undefined ? null : Number(cpu),
    flags: '',
    timeNs,
  };
}

/** A record that is no sample, such as `PERF_RECORD_FORK(1:1):(0:0)`: null unless it tells of lost events. */
export function perfRecord(text: string, head: EventHead): LostEvents | null {
  const mark = LOST.exec(text);
  return mark === null ? null : lost(head.line, head.cpu?.toString(), mark[1]);
}

/** Far more than an address, a symbol and a file. */
const APPENDED_LIMIT = 400;
const APPENDED = / [\da-f]{5,16}(?: [^ ]+)?(?: \([^ ]+\))?$/;

/** Where the address and symbol begin that `-F +ip,+sym` appends to the fields; -1 if there are none. */
export function appendedAt(text: string): number {
  const from = Math.max(0, text.length - APPENDED_LIMIT);
  const at = text.slice(from).search(APPENDED);
  return at < 0 ? at : from + at;
}
