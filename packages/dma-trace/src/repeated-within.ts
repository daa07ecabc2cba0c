// SPDX-License-Identifier: GPL-2.0-only
// Lines that are in one file twice: `cat a a`, two readings of `trace` in one file, a capture with a part of itself.
//
// The clock steps back where the second copy begins. Such lines are looked for above themselves, in one more reading of the
// file: a capture whose clock does not step back is read once.
import { Lines, keyOf } from './file-lines';
import { readBlocks } from './files';
import { NEWLINE } from './quick/byte-cursor';

/** Lines at which a second copy may begin. */
const MOST = 256;
/** Bytes of one that are kept: longer ones are not looked for. */
const LONGEST = 1 << 14;
/** As in two files (repeated-lines.ts): fewer lines, or lines that lie apart, may be alike by chance. */
const LEAST = 4;
const LEAST_APART = 16;
/** Places that are compared, and of these the ones that are compared to the end of the file. */
const MOST_FOUND = 64;
const MOST_APART = 4;
/** Seconds with their fraction, a clock of nanoseconds, a time of the day. */
const TIME = /\d+\.\d{6,9}|\d{9,}|\d\d:\d\d:\d\d/;
/** Bytes in which the time is. */
const TIME_LIMIT = 200;

/** A line that may be the first one of a second copy. */
interface Restart {
  readonly line: number;
  readonly bytes: Buffer;
  /** Of a tracer, whose lines are never alike; the kernel logs of two boots begin with the same lines. */
  readonly isEvent: boolean;
  readonly stepNs: number;
}

/** Where the clock of a file stepped back. */
export class Restarts {
  /** In the order of lines. */
  private readonly all: Restart[] = [];

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** Of the last one. */
  get lastLine(): number {
    return this.all.at(-1)?.line ?? 0;
  }

  /** @param bytes of the line, copied */
  add(line: number, bytes: Uint8Array, isEvent: boolean, stepNs: number): void {
    if (bytes.length > LONGEST) return;
    if (this.all.length === MOST) {
      // A clock that steps back all the time: the longest step may be the second copy.
      if (stepNs <= (this.all.at(-1)?.stepNs ?? 0)) return;
      this.all.pop();
    }
    this.all.push({ line, bytes: Buffer.from(bytes), isEvent, stepNs });
  }

  byKey(): Map<number, Restart[]> {
    const keys = new Map<number, Restart[]>();
    for (const one of this.all) {
      const key = keyOf(one.bytes, 0, one.bytes.length);
      keys.set(key, [...(keys.get(key) ?? []), one]);
    }
    return keys;
  }
}

/** Some lines, and the same ones above. */
export interface Repetition {
  /** Lines that are there twice; without comments and empty ones. */
  readonly lines: number;
  /** First and last one, from 1. */
  readonly line: number;
  readonly lastLine: number;
  /** The same, where they are first. */
  readonly firstLine: number;
  readonly firstLastLine: number;
  /** So many that the file has a second copy of a part of itself. */
  readonly isCopy: boolean;
}

/**
 * The first second copy, or all single lines that are there twice.
 * @throws TraceError for a file that cannot be read again
 */
export async function findRepetitions(
  file: string,
  path: string,
  restarts: Restarts,
): Promise<Repetition[]> {
  const few: Repetition[] = [];
  let apart = 0;
  for (const { restart, firstLine } of await seek(file, path, restarts)) {
    if ((few.at(-1)?.lastLine ?? 0) >= restart.line) continue;
    const found = await compare(file, path, restart, firstLine, apart++ < MOST_APART);
    if (found?.isCopy === true) return [found];
    if (found !== null) few.push(found);
  }
  return few;
}

interface Found {
  readonly restart: Restart;
  readonly firstLine: number;
}

/** Where these lines are before; in the order of lines. */
async function seek(file: string, path: string, restarts: Restarts): Promise<Found[]> {
  const keys = restarts.byKey();
  const found = new Map<Restart, Found>();
  let line = 0;
  blocks: for await (const { bytes, overlong } of readBlocks(file, path)) {
    if (overlong) {
      line++;
      continue;
    }
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      if (++line >= restarts.lastLine) break blocks;
      for (const restart of keys.get(keyOf(bytes, start, end)) ?? [])
        if (
          restart.line > line &&
          !found.has(restart) &&
          restart.bytes.equals(bytes.subarray(start, end))
        )
          found.set(restart, { restart, firstLine: line });
      start = end + 1;
    }
  }
  return [...found.values()].sort((a, b) => a.restart.line - b.restart.line).slice(0, MOST_FOUND);
}

/** How many lines from there on are alike; null for so few that it says nothing. */
async function compare(
  file: string,
  path: string,
  restart: Restart,
  firstLine: number,
  mayLieApart: boolean,
): Promise<Repetition | null> {
  const [above, below] = [new Lines(file, path), new Lines(file, path)];
  const times = new Set<string>();
  let lines = 0;
  let lastLine = restart.line;
  let firstLastLine = firstLine;
  const found = (isCopy: boolean): Repetition => ({
    ...{ lines, line: restart.line, lastLine, firstLine, firstLastLine, isCopy },
  });
  try {
    await above.skip(firstLine - 1);
    await below.skip(restart.line - 1);
    let [one, other] = [await above.next(), await below.next()];
    /** Those in a row; null: all so far. */
    let few: Repetition | null = null;
    while (one !== null && other !== null && above.line < restart.line) {
      if (one.equals(other)) {
        lines++;
        [lastLine, firstLastLine] = [below.line, above.line];
        if (times.size < LEAST_APART) times.add(timeOf(one));
        other = await below.next();
      } else if (few === null) {
        few = found(restart.isEvent && lines >= LEAST && times.size >= LEAST);
        if (few.isCopy || !mayLieApart) break;
      }
      one = await above.next();
    }
    const isCopy = few === null ? lines >= LEAST && times.size >= 2 : times.size >= LEAST_APART;
    if (isCopy) return found(true);
    return restart.isEvent ? (few ?? found(false)) : null;
  } finally {
    await above.close();
    await below.close();
  }
}

function timeOf(bytes: Buffer): string {
  return TIME.exec(bytes.toString('latin1', 0, TIME_LIMIT))?.[0] ?? '';
}
