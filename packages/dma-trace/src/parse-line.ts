// SPDX-License-Identifier: GPL-2.0-only
// One line of a trace: an event, nothing (comment, header, blank) or `unparsed`.
import type { EventHead } from './event-head';
import type { TraceEvent } from './events';
import { parseDma } from './parse-dma';
import { isIovaProbe, parseIovaProbe } from './parse-fprobe';
import { parseGroup } from './parse-group';
import { parseHead } from './parse-head';
import { parseIommu } from './parse-iommu';
import { parseKernelLog, parseMessage } from './parse-kernel-log';
import { parsePool } from './parse-pool';
import { parseSwiotlb } from './parse-swiotlb';
import { Scanner } from './scanner';

/** Lines without an event: ftrace comments, stack frames under an event, what `trace-cmd report` says of the file. */
const NO_EVENT = /^(?:\s*$|#| => |cpus=\d+$|version = \d|CPU \d+ is empty$)/;
/** ftrace, then `trace-cmd report`; without a number where the tracer cannot count. */
const LOST = /^CPU:(\d+) \[(?:LOST )?(?:(\d+) )?EVENTS(?: DROPPED)?\]$/;
/** The name of an event, or of the function (with its module) that called trace_printk. */
const NAME = /[\w.+$@/<>-]+(?: \[[\w-]+\])?:(?= |$)/y;
/** `perf script` says which system: `iommu:map:`, after a period if asked for one. */
const PERF_NAME = /(?:\d+ +)?(\w+):(\w+):(?= |$)/y;
/** Lines of the function tracer and heads of stack traces have no name. */
const NAMELESS = /(?:\S+ <-\S+|<(?:user )?stack trace>)$/y;

export function parseLine(text: string, line: number): TraceEvent | null | 'unparsed' {
  return parseText(new Scanner(text.endsWith('\r') ? text.slice(0, -1) : text), line);
}

/** The same with a cursor of the caller's. */
export function parseText(scan: Scanner, line: number): TraceEvent | null | 'unparsed' {
  const head = parseHead(scan, line);
  if (head !== null) return parseEvent(head, scan, false);
  if (NO_EVENT.test(scan.text)) return null;
  const lost = LOST.exec(scan.text);
  if (lost === null) return parseKernelLog(scan.text, line) ?? 'unparsed';
  const [, cpu, count] = lost;
  return {
    kind: 'lost',
    line,
    cpu: Number(cpu),
    count: count === undefined ? null : Number(count),
  };
}

/** `wrapped` once a wrapper has been taken off: there is only ever one. */
function parseEvent(head: EventHead, scan: Scanner, wrapped: boolean): TraceEvent | 'unparsed' {
  const { text } = scan;
  const start = scan.pos;
  const colon = text.indexOf(':', start);
  const after = colon + 1;
  if (colon > start && (after === text.length || text.charCodeAt(after) === 0x20)) {
    const name = text.slice(start, colon);
    scan.pos = after;
    scan.skipSpaces();
    const event = known(name, head, scan);
    if (event !== null) return event;
  }
  return unusual(head, scan, start, wrapped);
}

/** An event with a type of its own; null leaves the line to unusual(). */
function known(name: string, head: EventHead, scan: Scanner): TraceEvent | 'unparsed' | null {
  if (name === 'tracing_mark_write') return { ...head, kind: 'marker', text: scan.rest() };
  if (isIovaProbe(name, scan.text, scan.pos)) return parseIovaProbe(name, head, scan);
  if (name.startsWith('dma_')) return parseDma(name, head, scan);
  if (scan.text.startsWith('obs_', scan.pos)) return parsePool(scan.word(), head, scan);
  // printk:console: the kernel log as an event.
  if (name === 'console') return parseMessage(scan.rest(), head.line, head.timeNs);
  if (name === 'swiotlb_bounced') return parseSwiotlb(head, scan);
  return parseIommu(name, head, scan) ?? parseGroup(name, head, scan);
}

/** Of trace_printk and trace_marker, where the text is an event's payload. */
const isWrapper = (name: string): boolean => name === 'print' || name === 'bprint';

/** Names with a system in front, wrappers (trace-cmd, perf) round printed text, and other events. */
function unusual(
  head: EventHead,
  scan: Scanner,
  start: number,
  wrapped: boolean,
): TraceEvent | 'unparsed' {
  const { text } = scan;
  PERF_NAME.lastIndex = start;
  const perf = PERF_NAME.exec(text);
  if (perf !== null) {
    const [all, system = '', name = ''] = perf;
    scan.pos = start + all.length;
    scan.skipSpaces();
    if (system === 'ftrace' && isWrapper(name) && !wrapped) return parseEvent(head, scan, true);
    const isKnown =
      /^(?:iommu|dma|swiotlb|printk)$/.test(system) || isIovaProbe(name, text, scan.pos);
    const event = isKnown ? known(name, head, scan) : null;
    return event ?? { ...head, kind: 'other', name: `${system}:${name}`, text: scan.rest() };
  }
  NAME.lastIndex = start;
  const named = NAME.exec(text);
  if (named !== null) {
    const name = named[0].slice(0, -1);
    scan.pos = start + named[0].length;
    scan.skipSpaces();
    if (isWrapper(name) && !wrapped) return parseEvent(head, scan, true);
    return { ...head, kind: 'other', name, text: scan.rest() };
  }
  NAMELESS.lastIndex = start;
  if (!NAMELESS.test(text)) return 'unparsed';
  return { ...head, kind: 'other', name: 'function', text: text.slice(start) };
}
