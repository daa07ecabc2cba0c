// SPDX-License-Identifier: GPL-2.0-only
// What a run found: figures of each file, and its survivors.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outlineOf } from '../../../reader/tools/outline';

export const FOUND = join(__dirname, 'found.json');

/** A change that no test noticed. */
export interface Survivor {
  /** The function, or the class or constant, that it is in. */
  readonly in: string;
  /** The text, without line breaks, and what stood there in its place. */
  readonly was: string;
  readonly is: string;
}

export interface Figures {
  readonly file: string;
  /** `git hash-object` of the file. */
  readonly id: string;
  readonly mutants: number;
  /** A test failed. */
  readonly killed: number;
  /** A loop without an end: a line ran 100 times as often as in the tests, or the tests did not end. */
  readonly timeouts: number;
  readonly survivors: readonly Survivor[];
}

/** Of Stryker's report (mutation-testing-report-schema), what is read. */
export interface Report {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>
  >;
}

interface ReportedMutant {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

/** Both from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * The figures of a file.
 * @throws Error if the report has not the file, or a mutant that was not tried to the end
 */
export function figuresOf(report: Report, file: string): Figures {
  const found = report.files[file];
  if (!found) throw new Error(`Stryker's report: expected ${file}`);
  const { source, mutants } = found;
  const count = (status: string): number => mutants.filter((m) => m.status === status).length;
  const alive = mutants
    .filter((m) => m.status === 'Survived' || m.status === 'NoCoverage')
    .sort((a, b) => compare(a.location.start, b.location.start));
  const [killed, timeouts] = [count('Killed'), count('Timeout')];
  const other = mutants.find((m) => !/^(Killed|Timeout|Survived|NoCoverage)$/.test(m.status));
  if (other)
    throw new Error(`${file}:${String(other.location.start.line)}: a mutant is ${other.status}`);
  return {
    file,
    id: blobId(source),
    mutants: mutants.length,
    killed,
    timeouts,
    survivors: alive.map((m) => survivor(m, source, file)),
  };
}

function compare(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}

export function readFigures(): Figures[] {
  return JSON.parse(readFileSync(FOUND, 'utf8')) as Figures[];
}

function survivor(
  { location, replacement = '' }: ReportedMutant,
  text: string,
  file: string,
): Survivor {
  const lines = text.split('\n');
  const at = ({ line, column }: Place): number =>
    lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, column - 1);
  const around = outlineOf({ path: file, text })
    .named.filter(({ kind }) => kind !== 'entry' && kind !== 'property')
    .filter(({ from, to }) => from <= location.start.line && location.end.line <= to)
    .sort((a, b) => a.to - a.from - (b.to - b.from));
  return {
    in: around[0]?.name ?? '',
    was: oneLine(text.slice(at(location.start), at(location.end))),
    is: oneLine(replacement),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function blobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1')
    .update(`blob ${String(bytes.length)}\0`)
    .update(bytes)
    .digest('hex');
}
