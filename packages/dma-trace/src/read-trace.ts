// SPDX-License-Identifier: GPL-2.0-only
// A streaming reader of one trace file: events as they come, and what can be said of the file at its end.
import { check_value, that } from '@iommu-bounce/linux-shim/options';
import { MOST_CPUS, type TimedEvent, type TraceEvent } from './events';
import { BrokenLines, endsEarly } from './ends-early';
import type { FormatName } from './formats/format';
import { withoutPrefix } from './line-prefix';
import { LineParser } from './parse-line';
import { SwiotlbPairs } from './swiotlb-pairs';
import { TimeOrder } from './time-order';
import { A_CAPTURE, readBlocks, type TextBlock } from './files';
import { NEWLINE } from './quick/byte-cursor';
import { QuickLines } from './quick/quick-lines';
import { TimesByCpu } from './times-by-cpu';
import { TraceError, printable } from './trace-error';

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
  /** Events that came too late to be put into the order of time: of one CPU behind those of another. */
  late: number;
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

/** Editors and shells of Windows put it in front of UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

const a_path = that('the path of a file', (v) => typeof v === 'string' && v !== '');

/** Iterate it once; counters and header are complete when the iteration is. */
export class TraceReader implements AsyncIterable<TraceEvent> {
  readonly counters: TraceCounters = {
    lines: 0,
    events: 0,
    unparsed: 0,
    unparsedLines: [],
    firstUnparsed: null,
    dropped: 0,
    lost: 0,
    logLines: 0,
    backwards: 0,
    late: 0,
    bareLists: 0,
    unterminated: false,
  };
  readonly header: TraceHeader = { tracer: null, cpus: null, entries: null };
  /** Of the file, compressed or not: how far the reading is. */
  bytesRead = 0;
  private readonly parser = new LineParser();
  private readonly order = new TimeOrder();
  private readonly quick = new QuickLines();
  private readonly lastTimes = new TimesByCpu();
  private readonly broken = new BrokenLines();
  private readonly pairs = new SwiotlbPairs();

  /**
   * @param file how it is called in messages
   * @param path where it lies
   * @throws OptionError for something else than a path
   */
  constructor(
    readonly file: string,
    private readonly path = file,
  ) {
    check_value('TraceReader', 'file', file, a_path);
    check_value('TraceReader', 'path', path, a_path);
  }

  /** Which tool printed it, told by its lines so far; null if none of them tells. */
  get format(): FormatName | null {
    return this.parser.format?.name ?? null;
  }

  /**
   * Events in the order of time, as far as the tool's disorder reaches (docs/capture.md).
   * Throws a TraceError if the file cannot be read to its end, holds no event, or has events or messages that were
   * wrapped over several lines: of these none, or a part, would be read.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<TraceEvent, void, undefined> {
    for await (const batch of this.batches()) yield* batch;
  }

  /** The same by the block of lines; a promise per block, not per event (590,000 events/s against 490,000). */
  async *batches(): AsyncGenerator<TraceEvent[], void, undefined> {
    let first = true;
    let refused: TraceError | null = null;
    for await (const block of readBlocks(this.file, this.path, (bytes) => {
      this.bytesRead += bytes;
    })) {
      if (refused !== null) continue;
      try {
        const events = this.parseBlock(block);
        if (first && events.length === 0 && block.text.includes('\0'))
          throw new TraceError(this.file, null, `is a binary file; expected ${A_CAPTURE}`);
        first = false;
        yield this.order.add(events, this.parser.format?.disorder ?? 0);
      } catch (error) {
        if (!(error instanceof TraceError) || !block.isCompressed) throw error;
        // A damaged file may say anything: whether it is one shows at its end.
        refused = error;
      }
    }
    if (refused !== null) throw refused;
    yield this.order.finish();
    this.counters.late = this.order.late;
    if (this.counters.events + this.counters.logLines === 0) throw this.nothingFound();
  }

  private parseBlock(block: TextBlock): TraceEvent[] {
    const events: TraceEvent[] = [];
    const { counters } = this;
    if (block.overlong) {
      this.countUnparsed(++counters.lines, block.text);
      return events;
    }
    const { bytes } = block;
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    counters.unterminated = whole < bytes.length;
    for (let start = 0; start < bytes.length;) {
      const quick = start < whole ? this.parseQuick(bytes, start) : null;
      if (quick !== null) {
        events.push(quick);
        start = this.quick.next;
        continue;
      }
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      const event = this.parseOne(block.part(start, end));
      if (event !== null) events.push(event);
      start = end + 1;
    }
    return events;
  }

  /** A line in the usual shape; null for any other, which parseOne reads. */
  private parseQuick(bytes: Uint8Array, start: number): TimedEvent | null {
    const { format } = this.parser;
    if (format === null) return null;
    const event = this.quick.parse(bytes, start, this.counters.lines + 1, format.name);
    if (event === null) return null;
    this.counters.lines++;
    this.broken.clear();
    this.countTimed(event);
    return event;
  }

  private parseOne(given: string): TraceEvent | null {
    const { counters } = this;
    const line = ++counters.lines;
    const text = line === 1 && given.startsWith(BYTE_ORDER_MARK) ? given.slice(1) : given;
    const event = this.parser.parse(text, line);
    if (event === 'unparsed') {
      this.countUnparsed(line, text);
      this.refuseWrapped(line, text);
      return null;
    }
    this.broken.clear();
    if (event === null) {
      const said = withoutPrefix(text);
      if (said.startsWith('#') || said.startsWith('cpus=')) this.readHeader(said);
      return null;
    }
    if (event.kind === 'kernelLog') {
      this.broken.begin(event, text.length);
      this.pairs.add(event);
      counters.logLines++;
      return event;
    }
    if (event.kind === 'lost') {
      counters.events++;
      if (!event.overwritten) counters.lost += event.count ?? 1;
      return event;
    }
    if (event.kind === 'other' && /^dma_(?:un)?map_sg$/.test(event.name)) counters.bareLists++;
    this.countTimed(event);
    return event;
  }

  private countTimed(event: TimedEvent): void {
    this.counters.events++;
    if (event.timeNs < this.lastTimes.of(event.cpu)) this.counters.backwards++;
    this.lastTimes.set(event.cpu, event.timeNs);
  }

  private refuseWrapped(line: number, text: string): void {
    const broken = this.broken.add(text, line);
    if (broken === null) return;
    throw new TraceError(
      this.file,
      broken.line,
      `the line ends early: lines ${String(broken.line)} to ${String(line)} are one ${broken.what}, wrapped by a mailer or a terminal; expected each event on one line`,
    );
  }

  private countUnparsed(line: number, text: string): void {
    const { unparsedLines } = this.counters;
    this.counters.unparsed++;
    if (unparsedLines.length < 3) unparsedLines.push({ line, text: printable(text) });
    this.counters.firstUnparsed ??= {
      line,
      text: printable(text),
      endsEarly: endsEarly(text),
    };
  }

  private readHeader(text: string): void {
    const tracer = /^# tracer: (\S+)/.exec(text)?.[1];
    if (tracer !== undefined) this.header.tracer = tracer;
    const online = /^(?:cpus=|# nrcpus online : )(\d+)\r?$/.exec(text)?.[1];
    if (online !== undefined) this.knowCpus(Number(online));
    const entries = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)(?:\s+#P:(\d+))?/.exec(
      text,
    );
    if (entries === null) return;
    const [, inBuffer, written, cpus] = entries;
    this.counters.dropped += Math.max(0, Number(written) - Number(inBuffer));
    this.header.entries = Number(inBuffer);
    if (cpus !== undefined) this.knowCpus(Number(cpus));
  }

  private knowCpus(cpus: number): void {
    if (cpus <= MOST_CPUS) this.header.cpus = cpus;
  }

  private nothingFound(): TraceError {
    const { firstUnparsed } = this.counters;
    if (firstUnparsed === null)
      return new TraceError(this.file, null, `has no event; expected ${A_CAPTURE}`);
    if (firstUnparsed.endsEarly)
      return new TraceError(
        this.file,
        firstUnparsed.line,
        `the line ends early: expected an event on one line, got '${firstUnparsed.text}'`,
      );
    return new TraceError(
      this.file,
      firstUnparsed.line,
      `not a capture: expected a line like 'task-pid [cpu] flags seconds: event: …' of ftrace, trace-cmd report, perf script, dma*.bt or a kernel log, got '${firstUnparsed.text}'`,
    );
  }
}

/**
 * @param file how it is called in messages
 * @param path where it lies
 */
export function readTrace(file: string, path = file): TraceReader {
  return new TraceReader(file, path);
}
