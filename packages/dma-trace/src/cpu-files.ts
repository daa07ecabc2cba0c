// SPDX-License-Identifier: GPL-2.0-only
// The files per_cpu/cpuN/trace of one recording: each has one CPU's events, together they are one trace.
import { check_value, list_of, text } from '@iommu-bounce/linux-shim/options';
import type { TraceEvent } from './events';
import type { FormatName } from './formats/format';
import { TraceReader } from './read-trace';
import type { TraceCounters } from './trace-counters';

/** What tells files of one CPU from traces of their own. */
interface Shape {
  readonly file: string;
  readonly format: FormatName | null;
  /** Null if it has events of several CPUs. */
  readonly cpu: number | null;
  readonly firstNs: number;
  readonly lastNs: number;
  /** The header, which counts the events of all CPUs. */
  readonly entries: number | null;
  /** Events of all CPUs that were overwritten, also by the header. */
  readonly dropped: number;
  readonly cpus: number | null;
  readonly events: number;
}

/** A file, or those of the CPUs of one recording. */
export interface Recording {
  /** In the order given. */
  readonly files: readonly string[];
  /** Only their lines tell that several files are one recording: no header counts the events of all CPUs. */
  readonly byContent: boolean;
}

/**
 * Groups files that are one recording; every other file is a recording of its own.
 * Each has lines of one CPU, which no other one has, and their times overlap. Headers that count more events than their file
 * has count the same.
 * @param pathOf where a file lies; default: where its name says
 * @throws TraceError for a file that cannot be read; a single file is not read
 */
export async function findRecordings(
  files: readonly string[],
  pathOf: (file: string) => string = (file) => file,
): Promise<Recording[]> {
  check_value('findRecordings', 'files', files, list_of(text, { least: 0 }));
  if (files.length < 2) return files.map((file) => ({ files: [file], byContent: false }));
  let groups: Shape[][] = [];
  for (const file of files) {
    let group = [await shapeOf(file, pathOf(file))];
    const others: Shape[][] = [];
    // A file that is there all the time may join others that are not there at the same time.
    for (const other of groups) {
      if (areOfOne(other, group)) group = [...other, ...group];
      else others.push(other);
    }
    groups = [...others, group];
  }
  const byPlace = (a: Shape, b: Shape): number => files.indexOf(a.file) - files.indexOf(b.file);
  return groups
    .map((group) => group.sort(byPlace))
    .sort(([a], [b]) => (a && b ? byPlace(a, b) : 0))
    .map((group) => ({
      files: group.map(({ file }) => file),
      byContent: group.length > 1 && group.some((one) => !countsOthers(one)),
    }));
}

function areOfOne(some: readonly Shape[], others: readonly Shape[]): boolean {
  return (
    some.every((a) => others.every((b) => mayBeOfOne(a, b))) &&
    some.some((a) => others.some((b) => a.firstNs <= b.lastNs && b.firstNs <= a.lastNs))
  );
}

function mayBeOfOne(a: Shape, b: Shape): boolean {
  if (a.cpu === null || b.cpu === null || a.cpu === b.cpu) return false;
  if (a.format !== b.format || (a.cpus !== null && b.cpus !== null && a.cpus !== b.cpus))
    return false;
  if (countsOthers(a) && countsOthers(b)) return a.entries === b.entries && a.dropped === b.dropped;
  // A file of its own recording contradicts a header that counts others; a file without a header does not.
  return countsOthers(a) === countsOthers(b) || a.entries === null || b.entries === null;
}

/**
 * The header that ftrace puts above the file of a CPU counts the events of all CPUs. One that counts those of its file alone
 * was made when the file was cut out of a larger one: it says nothing of others.
 */
function countsOthers({ entries, events }: Shape): boolean {
  return entries !== null && entries > events;
}

async function shapeOf(file: string, path: string): Promise<Shape> {
  const reader = new TraceReader(file, path);
  const cpus = new Set<number | null>();
  let firstNs = Infinity;
  let lastNs = -Infinity;
  for await (const batch of reader.batches())
    for (const event of batch) {
      if (event.kind === 'lost' || event.kind === 'kernelLog') continue;
      cpus.add(event.cpu);
      firstNs = Math.min(firstNs, event.timeNs);
      lastNs = Math.max(lastNs, event.timeNs);
    }
  const [cpu = null] = cpus;
  return {
    file,
    format: reader.format,
    cpu: cpus.size === 1 ? cpu : null,
    firstNs,
    lastNs,
    entries: reader.header.entries,
    dropped: reader.counters.dropped,
    cpus: reader.header.cpus,
    events: reader.counters.events,
  };
}

/** Events of one file that follow each other. */
export interface FileBatch {
  readonly file: string;
  readonly events: readonly TraceEvent[];
}

/** One file's events that have been read and not handed on. */
class Source {
  private events: readonly TraceEvent[] = [];
  private at = 0;
  /** Time of the next event, ns; of one without a time that of the event before it. */
  nextNs = -Infinity;
  private readonly batches: AsyncGenerator<TraceEvent[], void, undefined>;

  constructor(readonly reader: TraceReader) {
    this.batches = reader.batches();
  }

  /** Reads on until there is an event; false at the end. */
  async fill(): Promise<boolean> {
    while (this.at === this.events.length) {
      const { done, value } = await this.batches.next();
      if (done === true) return false;
      this.events = value;
      this.at = 0;
      this.look();
    }
    return true;
  }

  /** Hands on what is not later than `untilNs`, at least one event. */
  take(untilNs: number): TraceEvent[] {
    const from = this.at;
    if (untilNs === Infinity) this.at = this.events.length;
    else
      do {
        this.at++;
        this.look();
      } while (this.at < this.events.length && this.nextNs <= untilNs);
    return this.events.slice(from, this.at);
  }

  private look(): void {
    const next = this.events[this.at];
    if (next !== undefined && next.kind !== 'lost' && next.kind !== 'kernelLog')
      this.nextNs = next.timeNs;
  }
}

/** The events of several files of one recording in the order of time; a batch of each file is held. */
export async function* readCpuFiles(
  readers: readonly TraceReader[],
): AsyncGenerator<FileBatch, void, undefined> {
  const sources = readers.map((reader) => new Source(reader));
  const open = new Set(sources);
  for (const source of sources) if (!(await source.fill())) open.delete(source);
  while (open.size > 0) {
    const [first, second] = [...open].sort((a, b) => a.nextNs - b.nextNs);
    if (first === undefined) return;
    yield { file: first.reader.file, events: first.take(second?.nextNs ?? Infinity) };
    if (!(await first.fill())) open.delete(first);
  }
}

/**
 * The counters of each file of one recording. Each header counts what was overwritten on all CPUs: here the first file has
 * that number, and the others 0.
 */
export function recordingCounters(readers: readonly TraceReader[]): TraceCounters[] {
  const dropped = Math.max(0, ...readers.map(({ counters }) => counters.dropped));
  return readers.map(({ counters }, i) => ({ ...counters, dropped: i === 0 ? dropped : 0 }));
}
