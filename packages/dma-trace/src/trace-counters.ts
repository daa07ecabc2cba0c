// SPDX-License-Identifier: GPL-2.0-only
// What can be said of a trace file at its end: counts of its lines, and its header.
import { MOST_CPUS } from './event-head';

export interface TraceCounters {
  lines: number;
  /** Lines that gave an event, those about lost events included. */
  events: number;
  unparsed: number;
  /** The first of them, at most three; the text is escaped and cut. */
  unparsedLines: { line: number; text: string }[];
  /** `endsEarly`: it is the beginning of an event. */
  firstUnparsed: { line: number; text: string; endsEarly: boolean } | null;
  /** Events that the ring buffer overwrote before the file was written, from the headers. */
  dropped: number;
  /** Events that lost-events lines report; such a line without a number counts one. */
  lost: number;
  /** Lines of the kernel log; they do not count as events. */
  logLines: number;
  /** Events with a time stamp before that of the event above them on the same CPU. */
  backwards: number;
  /** Lines that are in the file a second time, too few for a copy of a part of it. */
  repeated: number;
  /** The first of them, at most three. */
  repeatedLines: number[];
  /** Nanoseconds from one time to the next that the trace clock has, where that is coarse (uptime); else 0. */
  tickNs: number;
  /** Events that came too late to be put into the order of time: of one CPU behind those of another. */
  late: number;
  /** Lines in which HTML entities (`&lt;`) stood for characters. */
  decoded: number;
  /** Lines of other programs in a journal. */
  programLines: number;
  /** Whose, at most eight. */
  programs: string[];
  /** Calls of dma_map_sg and dma_unmap_sg of which a bpftrace script printed no entry: they are no calls here. */
  bareLists: number;
  /** The last line has no newline: the file may have been cut in it. */
  unterminated: boolean;
}

export interface TraceHeader {
  tracer: string | null;
  /** `#P:` of ftrace's header, `cpus=` of trace-cmd's, `nrcpus online` of perf's. */
  cpus: number | null;
  /** Events in the buffers of all CPUs, also above a file of one CPU. */
  entries: number | null;
}

/** Before the first line. */
export function newCounters(): TraceCounters {
  return {
    lines: 0,
    events: 0,
    unparsed: 0,
    unparsedLines: [],
    firstUnparsed: null,
    dropped: 0,
    lost: 0,
    logLines: 0,
    backwards: 0,
    repeated: 0,
    repeatedLines: [],
    tickNs: 0,
    late: 0,
    decoded: 0,
    programLines: 0,
    programs: [],
    bareLists: 0,
    unterminated: false,
  };
}

const MOST_PROGRAMS = 8;

/** A line of a journal is another program's. */
export function countProgram(name: string, counters: TraceCounters): void {
  const { programs } = counters;
  counters.programLines++;
  if (programs.length < MOST_PROGRAMS && !programs.includes(name)) programs.push(name);
}

export function newHeader(): TraceHeader {
  return { tracer: null, cpus: null, entries: null };
}

const ENTRIES = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)(?:\s+#P:(\d+))?/;
/** Of latency-format. */
const LATENCY = /^# latency: \d+ us, #(\d+)\/(\d+), CPU#\d+ \|.*?(?:#P:(\d+))?\)/;

/** Takes what a comment says of the file. */
export function readHeader(text: string, header: TraceHeader, counters: TraceCounters): void {
  const tracer = /^# tracer: (\S+)/.exec(text)?.[1];
  if (tracer !== undefined) header.tracer = tracer;
  const online = /^(?:cpus=|# nrcpus online : )(\d+)\r?$/.exec(text)?.[1];
  if (online !== undefined) knowCpus(header, Number(online));
  const entries = ENTRIES.exec(text) ?? LATENCY.exec(text);
  if (entries === null) return;
  const [, inBuffer, written, cpus] = entries;
  counters.dropped += Math.max(0, Number(written) - Number(inBuffer));
  header.entries = Number(inBuffer);
  if (cpus !== undefined) knowCpus(header, Number(cpus));
}

function knowCpus(header: TraceHeader, cpus: number): void {
  if (cpus <= MOST_CPUS) header.cpus = cpus;
}
