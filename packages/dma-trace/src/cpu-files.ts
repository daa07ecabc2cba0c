// SPDX-License-Identifier: GPL-2.0-only
// The files per_cpu/cpuN/trace of one recording: each has one CPU's events, together they are one trace.
import { check_value, list_of, text } from '@iommu-bounce/linux-shim/options';
import type { TraceEvent } from './events';
import { type TraceCounters, TraceReader } from './read-trace';

/** What tells files of one CPU from traces of their own. */
interface Shape {
  readonly file: string;
  /** Null if it has events of several CPUs. */
  readonly cpu: number | null;
  readonly firstNs: number;
  readonly lastNs: number;
  /** The header, which counts the events of all CPUs. */
  readonly entries: number | null;
  readonly cpus: number | null;
  readonly events: number;
}

/**
 * Groups files that are one recording; every other file is a group of its own.
 * They are of different CPUs, their times overlap, and their headers count more events than they have.
 * @param pathOf where a file lies; default: where its name says
 * @throws TraceError for a file that cannot be read; a single file is not read
 */
export async function groupCpuFiles(
  files: readonly string[],
  pathOf: (file: string) => string = (file) => file,
): Promise<string[][]> {
  check_value('groupCpuFiles', 'files', files, list_of(text, { least: 0 }));
  if (files.length < 2) return files.map((file) => [file]);
  const groups: Shape[][] = [];
  for (const file of files) {
    const shape = await shapeOf(file, pathOf(file));
    const group = groups.find((one) => one.every((other) => areOfOne(other, shape)));
    if (group === undefined) groups.push([shape]);
    else group.push(shape);
  }
  return groups.map((group) => group.map(({ file }) => file));
}

function areOfOne(a: Shape, b: Shape): boolean {
  return (
    a.cpu !== null &&
    b.cpu !== null &&
    a.cpu !== b.cpu &&
    a.cpus === b.cpus &&
    [a, b].every((one) => one.entries !== null && one.entries > one.events) &&
    a.firstNs <= b.lastNs &&
    b.firstNs <= a.lastNs
  );
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
    cpu: cpus.size === 1 ? cpu : null,
    firstNs,
    lastNs,
    entries: reader.header.entries,
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
