// SPDX-License-Identifier: GPL-2.0-only
// data/reach.json: which transcripts and tests reach a function, with indices in place of names.

import { numbersIn } from '../ranges';
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
    const indices = file.sets.map(numbersIn);
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
    if (
      !(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
    )
      throw error;
    throw new ReadError(`reach.json: ${error.message}; expected what \`npm run reach\` writes`);
  }
}

function at<T>(list: readonly T[], i: number): T {
  const value = list[i];
  if (value === undefined) throw new RangeError(`${String(i)} of ${String(list.length)}`);
  return value;
}
