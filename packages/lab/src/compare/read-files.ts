// SPDX-License-Identifier: GPL-2.0-only
// Reads the files of one boot, with progress: several CPUs of one recording at the same time, the others in turn.

import {
  type Assembler,
  type FoundFacts,
  type Recording,
  type Step,
  type TraceCounters,
  type TraceEvent,
  readCpuFiles,
  recordingCounters,
  readTrace,
} from '@iommu-bounce/dma-trace';
import { statOrNot } from '../files';
import type { OnProgress } from '../progress';
import { count } from '../show/format';
import { sum } from '../show/sum';

export interface TraceFile extends FoundFacts {
  readonly file: string;
  /** It has another CPU of the recording of the file before it. */
  readonly joins?: boolean;
  /** Only the lines tell that it has. */
  readonly byContent?: boolean;
}

export interface ReadOptions {
  /** Where a file lies, if not where its name says: stdin, for instance. */
  readonly pathOf?: (file: string) => string;
  /** Called now and then. */
  readonly progress: OnProgress;
}

/** What can be said of a file that was read. */
export interface Reading {
  readonly counters: TraceCounters;
  readonly cpus: number | null;
}

/** One of the two readings, and its share of the time. */
export interface Pass {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** Replaying takes about three times as long as the reading before. */
export const READING: Pass = { what: 'reading', from: 0, to: 0.25 };
export const REPLAYING: Pass = { what: 'replaying', from: 0.25, to: 1 };

/** CPUs of the machine, by the headers of the files; null if they have none. */
export function cpusOf(readings: readonly Pick<Reading, 'cpus'>[]): number | null {
  return readings.reduce<number | null>(
    (most, { cpus }) => (cpus === null ? most : Math.max(cpus, most ?? 0)),
    null,
  );
}

/** The files of a recording, each with its facts. */
export async function traceFiles(
  { files, byContent }: Recording,
  factsOf: (file: string) => Promise<FoundFacts>,
): Promise<TraceFile[]> {
  const found: TraceFile[] = [];
  for (const file of files) {
    const joins = found.length > 0;
    found.push({ file, joins, byContent: joins && byContent, ...(await factsOf(file)) });
  }
  return found;
}

/** Files to be read one after the other; of several CPUs of one recording at the same time. */
function recordings(files: readonly TraceFile[]): string[][] {
  const groups: string[][] = [];
  for (const { file, joins } of files)
    if (joins === true) groups.at(-1)?.push(file);
    else groups.push([file]);
  return groups;
}

/** Events that are put together at once: sorting can hold back a whole capture, whose steps need not all live at once. */
const AT_ONCE = 2048;

/** Reads all files once: batches of events into the assembler, its steps to `take`. */
export async function readFiles(
  files: readonly TraceFile[],
  assembler: Assembler,
  options: ReadOptions,
  { what, from, to }: Pass,
  {
    take,
    see,
  }: {
    readonly take: (steps: readonly Step[]) => void;
    readonly see?: (events: readonly TraceEvent[]) => void;
  },
): Promise<Reading[]> {
  const readings: Reading[] = [];
  const size = (file: string): number => statOrNot(options.pathOf?.(file) ?? file)?.size ?? 0;
  const all = Math.max(
    1,
    sum(files, ({ file }) => size(file)),
  );
  let before = 0;
  for (const group of recordings(files)) {
    const readers = group.map((file) => readTrace(file, options.pathOf?.(file)));
    for await (const { file, events } of readCpuFiles(readers)) {
      assembler.beginFile(file);
      for (let first = 0; first < events.length; first += AT_ONCE) {
        const isAll = events.length <= AT_ONCE;
        const some = isAll ? events : events.slice(first, first + AT_ONCE);
        see?.(some);
        take(assembler.add(some));
      }
      const done = Math.min(1, (before + sum(readers, (reader) => reader.bytesRead)) / all);
      options.progress(
        `${what} ${String(files.findIndex((one) => one.file === file) + 1)} of ${String(files.length)}: ${file}, ${count(sum(readers, ({ counters }) => counters.events))} events`,
        from + done * (to - from),
      );
    }
    before += sum(group, size);
    recordingCounters(readers).forEach((counters, i) =>
      readings.push({ counters, cpus: readers[i]?.header.cpus ?? null }),
    );
  }
  take(assembler.finish());
  return readings;
}
