// SPDX-License-Identifier: GPL-2.0-only
// One line of a trace: an event, nothing (comment, header, blank) or `unparsed`.
import type { EventHead } from './event-head';
import type { TraceEvent } from './events';
import { bpftrace, probeName } from './formats/bpftrace';
import { FormatDetector } from './formats/detect';
import type { Format } from './formats/format';
import { appendedAt, perf, perfRecord } from './formats/perf';
import { parseDma } from './parse-dma';
import { PrettyEntries, journalEntry } from './journal-json';
import { LinePrefixes } from './line-prefix';
import { isIovaProbe, parseIovaProbe } from './parse-fprobe';
import { parseGroup } from './parse-group';
import { parseIommu } from './parse-iommu';
import { parseConsole, parseKernelLog, programOf } from './parse-kernel-log';
import { decoded, hasEntity, isFence, withBlanks, withoutEscapes } from './plain-line';
import { parsePool } from './parse-pool';
import { isRaw, parseRaw } from './parse-raw';
import { parseSwiotlb } from './parse-swiotlb';
import { Inputs } from './formats/inputs';
import { type WholeClock, WholeTimes } from './formats/whole-times';
import { Scanner } from './scanner';

export type Parsed = TraceEvent | null | 'unparsed';

/** The name of an event, or of the function (with its module) that called trace_printk. */
const NAME = /[\w.+$@/<>-]+(?: \[[\w-]+\])?:(?= |$)/y;
/** `perf script` says which system: `iommu:map:`, after a period if asked for one. */
const PERF_NAME = /(?:\d+ +)?(\w+):(\w+):(?= |$)/y;
/** What journalctl prints between boots, and above and below all. */
const JOURNAL_MARK = /^-- (?:Boot |Reboot --|Logs begin|Journal begins|No entries)/;
/** Lines of the function tracer and heads of stack traces have no name. */
const NAMELESS = /(?:\S+ <-\S+|<(?:user )?stack trace>)$/y;

/** Reads the lines of one capture, and learns from them which format it has. */
export class LineParser {
  private readonly detector = new FormatDetector();
  private readonly prefixes = new LinePrefixes();
  private readonly clock = new WholeTimes();
  private readonly inputs = new Inputs();
  private readonly pretty = new PrettyEntries();
  private readonly scan = new Scanner('');
  private said = '';
  private wasDecoded = false;
  private ofProgram: string | null = null;

  /** Of the lines so far; null before the first that tells. */
  get format(): Format | null {
    return this.detector.format;
  }

  /** The latest line that was parsed as the tool printed it: without prefix, colours, and HTML entities. */
  get text(): string {
    return this.said;
  }

  /** Whether HTML entities had to be decoded in it. */
  get isDecoded(): boolean {
    return this.wasDecoded;
  }

  /** The program whose line of a journal it is, if that is not the kernel. */
  get program(): string | null {
    return this.ofProgram;
  }

  /** Whether look() would learn something. */
  get isOpen(): boolean {
    return this.prefixes.isOpen;
  }

  /** Looks at the next lines of a file, which tell what is a prefix in it. */
  look(text: string): void {
    this.prefixes.look(text);
    this.clock.look(text);
    this.inputs.look(text);
    this.scan.tickNs = this.clock.tickNs;
  }

  /** Two machines or files whose lines are mixed; null: there is one. */
  get mixedInputs(): readonly [string, string] | null {
    return this.inputs.mixed;
  }

  /** The clock whose times are whole numbers, if they are; null: they are none, or do not tell. */
  get wholeClock(): WholeClock | null {
    return this.clock.clock;
  }

  /** Nanoseconds of such a time; 0 if it is not known, or there are none. */
  get tickNs(): number {
    return this.scan.tickNs;
  }

  parse(given: string, line: number): Parsed {
    const plain = withoutEscapes(given);
    this.wasDecoded = false;
    this.ofProgram = null;
    const entry = journalEntry(plain) ?? this.pretty.add(plain);
    if (entry === 'nothing') return this.nothing(plain);
    if (entry !== null) {
      this.ofProgram = entry.program;
      if (entry.program !== null) return this.nothing(plain);
    }
    const text = entry?.text ?? plain;
    if (JOURNAL_MARK.test(text)) return this.nothing(text);
    const parsed = this.parsePlain(text, line);
    const { said } = this;
    if (!isOfPage(parsed, said)) return parsed;
    const once = decoded(text);
    for (const plainer of [withBlanks(text), withBlanks(once), withBlanks(decoded(once))]) {
      if (plainer === text) continue;
      const again = this.parsePlain(plainer, line);
      if (isOfPage(again, this.said)) continue;
      this.wasDecoded = hasEntity(text) && !hasEntity(plainer);
      return again;
    }
    this.said = said;
    this.ofProgram = parsed === 'unparsed' ? programOf(said) : null;
    return this.ofProgram === null ? parsed : null;
  }

  private nothing(text: string): null {
    this.said = text;
    return null;
  }

  private parsePlain(text: string, line: number): Parsed {
    this.said = this.prefixes.without(text);
    return this.parseText(this.scan.begin(this.said), line);
  }

  /** The same with a cursor of the caller's. */
  parseText(scan: Scanner, line: number): Parsed {
    const { detector } = this;
    const head = detector.head(scan, line);
    if (head !== null && detector.format !== null) return parseBody(detector.format, head, scan);
    const told = detector.tell(scan, line);
    if (told === 'unparsed')
      return parseKernelLog(scan.text, line) ?? (isFence(scan.text) ? null : 'unparsed');
    if (told === null || 'kind' in told) return told;
    return parseBody(told.format, told.head, scan);
  }
}

/** What carries text of any kind. */
const TEXTS: readonly string[] = ['marker', 'other'];

/** Whether a web page or a wiki made something else of a line: it is not understood, or says `&lt;idle&gt;`. */
function isOfPage(parsed: Parsed, text: string): boolean {
  if (parsed === null || parsed === 'unparsed') return parsed !== null;
  if ('comm' in parsed && (parsed.comm.includes('\t') || hasEntity(parsed.comm))) return true;
  return hasEntity(text) && !TEXTS.includes(parsed.kind);
}

/** One line, whatever its format. */
export function parseLine(text: string, line: number): Parsed {
  return new LineParser().parse(text, line);
}

/** What stands behind the columns. */
function parseBody(format: Format, head: EventHead, scan: Scanner): Parsed {
  if (format === bpftrace) return parseProbe(head, scan);
  if (format !== perf) return parseEvent(head, scan, false);
  const { text, pos } = scan;
  if (text.startsWith('PERF_RECORD_', pos)) return perfRecord(text.slice(pos), head);
  const event = parseEvent(head, scan, false);
  if (event !== 'unparsed') return event;
  const appended = appendedAt(text);
  if (appended < 0) return 'unparsed';
  return parseEvent(head, new Scanner(text.slice(0, appended), pos), false);
}

/** The probes of a bpftrace script have the names of the events and functions that they watch. */
function parseProbe(head: EventHead, scan: Scanner): TraceEvent | 'unparsed' {
  const name = probeName(scan);
  if (name === null) return 'unparsed';
  const event = isBareList(name, scan)
    ? null
    : name.startsWith('dma_iova_')
      ? parseIovaProbe(name, head, iovaFields(scan, name))
      : (parseRaw(name, head, scan) ?? known(name, head, scan));
  return event ?? other(head, name, scan.rest());
}

/** A script may print of a list that there was one, and nothing that tells which. */
function isBareList(name: string, scan: Scanner): boolean {
  return name.endsWith('map_sg') && !scan.text.includes('addrs=', scan.pos);
}

/** As a probe event prints them: bpftrace's %llx has no 0x in front. */
function iovaFields({ text, pos }: Scanner, name: string): Scanner {
  const fields = text.slice(pos).replace(/\b(addr|phys|state|attrs)=(?!0x)/g, '$1=0x');
  return new Scanner(`(${name}) ${fields}`);
}

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
  } else if (colon > start) {
    const event = ofSystem(head, scan, start, colon);
    if (event !== null) return event;
  }
  return unusual(head, scan, start, wrapped);
}

/** `system:name: `, as perf prints the events that are frequent here. */
function ofSystem(
  head: EventHead,
  scan: Scanner,
  start: number,
  colon: number,
): TraceEvent | 'unparsed' | null {
  const { text } = scan;
  const system = text.slice(start, colon);
  if (system !== 'iommu' && system !== 'dma') return null;
  const end = text.indexOf(':', colon + 1);
  if (end < 0 || text.charCodeAt(end + 1) !== 0x20) return null;
  scan.pos = end + 1;
  scan.skipSpaces();
  return known(text.slice(colon + 1, end), head, scan);
}

/** An event with a type of its own; null leaves the line to unusual(). */
function known(name: string, head: EventHead, scan: Scanner): TraceEvent | 'unparsed' | null {
  if (name === 'tracing_mark_write') return { ...head, kind: 'marker', text: scan.rest() };
  if (isIovaProbe(name, scan.text, scan.pos)) return parseIovaProbe(name, head, scan);
  if (isRaw(scan)) {
    const event = parseRaw(name, head, scan);
    if (event !== null) return event;
  }
  if (name.startsWith('dma_')) return parseDma(name, head, scan);
  if (scan.text.startsWith('obs_', scan.pos)) return parsePool(scan.word(), head, scan);
  // printk:console: the kernel log as an event.
  if (name === 'console') return parseConsole(scan.rest(), head.line, head.timeNs);
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
    return event ?? other(head, `${system}:${name}`, scan.rest());
  }
  NAME.lastIndex = start;
  const named = NAME.exec(text);
  if (named !== null) {
    const name = named[0].slice(0, -1);
    // The text of an iommu:* event without its name: perf script -F without `event`.
    if (name === 'IOMMU') return 'unparsed';
    scan.pos = start + named[0].length;
    scan.skipSpaces();
    if (isWrapper(name) && !wrapped) return parseEvent(head, scan, true);
    return other(head, name, scan.rest());
  }
  NAMELESS.lastIndex = start;
  if (!NAMELESS.test(text)) return 'unparsed';
  return other(head, 'function', text.slice(start));
}

function other(head: EventHead, name: string, text: string): TraceEvent {
  const { line, comm, pid, cpu, flags, timeNs } = head;
  return { line, comm, pid, cpu, flags, timeNs, kind: 'other', name, text };
}
