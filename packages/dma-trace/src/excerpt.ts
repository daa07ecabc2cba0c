// SPDX-License-Identifier: GPL-2.0-only
// A few lines of a capture, as they are in it.
import { readBlocks } from './files';
import { escaped } from './trace-error';

/** Characters of a line that are kept. */
const MOST_SHOWN = 500;

/** Line numbers from 1, both ends included. */
export type LineRange = readonly [from: number, to: number];

/**
 * Reads the file until the last of the lines.
 * @param ranges ascending, none overlaps another
 * @param path where it lies
 * @returns the lines by number, control characters escaped, long ones cut; those beyond the end are missing
 * @throws TraceError for a file that cannot be read so far
 */
export async function readLines(
  file: string,
  ranges: readonly LineRange[],
  path = file,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  let at = 0;
  let line = 0;
  const isWanted = (one: number): boolean => one >= (ranges[at]?.[0] ?? Infinity);
  const take = (text: string): void => {
    const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
    found.set(line, escaped(cut.replace(/\r$/, '')));
    if (line >= (ranges[at]?.[1] ?? 0)) at++;
  };
  if (ranges.length === 0) return found;
  for await (const { text, overlong } of readBlocks(file, path)) {
    if (overlong) {
      if (isWanted(++line)) take(text);
    } else
      for (let start = 0; start < text.length && at < ranges.length;) {
        const newline = text.indexOf('\n', start);
        const end = newline < 0 ? text.length : newline;
        if (isWanted(++line)) take(text.slice(start, end));
        start = end + 1;
      }
    if (at >= ranges.length) break;
  }
  return found;
}
