// SPDX-License-Identifier: GPL-2.0-only
// data/reach.json: which transcripts and tests reach a function, with indices in place of names.

import { ReadError } from '../read-error';
import type { Reach } from './margin';

/** The file. */
export interface ReachFile {
  readonly transcripts: readonly string[];
  readonly tests: readonly string[];
  /** Indices into one of the lists above: `0-3,7`. */
  readonly sets: readonly string[];
  /** Path, then function: lines hit, lines found, set of transcripts, set of tests. */
  readonly functions: Readonly<
    Record<string, Readonly<Record<string, readonly [number, number, number, number]>>>
  >;
}

/**
 * @param text of the file
 * @returns by `PATH#FUNCTION`
 * @throws ReadError for a text that `npm run reach` did not write
 */
export function readReach(text: string): Map<string, Reach> {
  try {
    const file = JSON.parse(text) as ReachFile;
    const indices = file.sets.map(indicesOf);
    const pick = (names: readonly string[], set: number): string[] =>
      at(indices, set).map((i) => at(names, i));
    return new Map(
      Object.entries(file.functions).flatMap(([path, functions]) =>
        Object.entries(functions).map(([name, [linesHit, linesFound, transcripts, tests]]) => [
          `${path}#${name}`,
          {
            transcripts: pick(file.transcripts, transcripts),
            tests: pick(file.tests, tests),
            linesHit,
            linesFound,
          },
        ]),
      ),
    );
  } catch (error) {
    if (!(
      error instanceof SyntaxError ||
      error instanceof TypeError ||
      error instanceof RangeError
    ))
      throw error;
    throw new ReadError(`reach.json: ${error.message}; expected what \`npm run reach\` writes`);
  }
}

/** The same text for the same content: paths and functions in the order given, sets in the order of their use. */
export function formatReach(
  transcripts: readonly string[],
  tests: readonly string[],
  reach: ReadonlyMap<string, Reach>,
): string {
  const sets = new Map<string, number>();
  const setOf = (names: readonly string[], members: readonly string[]): number => {
    const text = rangesOf(members.map((m) => names.indexOf(m)).sort((a, b) => a - b));
    const known = sets.get(text) ?? sets.size;
    sets.set(text, known);
    return known;
  };
  const files = new Map<string, string[]>();
  for (const [key, r] of reach) {
    const [path = '', name = ''] = key.split('#');
    const numbers = [
      r.linesHit,
      r.linesFound,
      setOf(transcripts, r.transcripts),
      setOf(tests, r.tests),
    ];
    const rows = files.get(path) ?? [];
    rows.push(`${JSON.stringify(name)}:${JSON.stringify(numbers)}`);
    files.set(path, rows);
  }
  const list = (names: Iterable<string>): string =>
    `[\n${[...names].map((n) => JSON.stringify(n)).join(',\n')}\n]`;
  const functions = [...files].map(
    ([path, rows]) => `${JSON.stringify(path)}:{\n${rows.join(',\n')}\n}`,
  );
  return `{"transcripts":${list(transcripts)},\n"tests":${list(tests)},\n"sets":${list(sets.keys())},\n"functions":{\n${functions.join(',\n')}\n}}\n`;
}

function at<T>(list: readonly T[], i: number): T {
  const value = list[i];
  if (value === undefined) throw new RangeError(`${String(i)} of ${String(list.length)}`);
  return value;
}

function indicesOf(set: string): number[] {
  if (set === '') return [];
  return set.split(',').flatMap((range) => {
    const [from = NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function rangesOf(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const i of indices) {
    const last = ranges.at(-1);
    if (last?.[1] === i - 1) last[1] = i;
    else ranges.push([i, i]);
  }
  return ranges
    .map(([from, to]) => (from === to ? String(from) : `${String(from)}-${String(to)}`))
    .join(',');
}
