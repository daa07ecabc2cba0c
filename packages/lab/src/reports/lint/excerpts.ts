// SPDX-License-Identifier: GPL-2.0-only
// The lines of a capture that findings name, with a few around them: nothing else of it goes into a page.

import { type LineRange, readLines } from '@iommu-bounce/dma-trace';
import type { LintCapture, LintPlace } from '../../tables/lint-document';

/** Lines shown before and behind a place. */
const AROUND = 2;
/** Places of a capture whose lines are shown, those of the worst findings. */
const MOST_PLACES = 400;

/** Of one file: its lines by number. */
export interface Excerpt {
  readonly file: string;
  readonly lines: ReadonlyMap<number, string>;
}

/**
 * @param pathOf where a file lies
 * @throws TraceError for a file that can no longer be read
 */
export async function excerptsOf(
  capture: LintCapture,
  pathOf: (file: string) => string,
): Promise<Excerpt[]> {
  const places = capture.findings.flatMap(({ first, last }) => [first, last]).slice(0, MOST_PLACES);
  const excerpts: Excerpt[] = [];
  for (const file of capture.files) {
    const lines = await readLines(file, rangesOf(places, file), pathOf(file));
    if (lines.size > 0) excerpts.push({ file, lines });
  }
  return excerpts;
}

/** Ascending; those that overlap or touch are one. */
export function rangesOf(places: readonly LintPlace[], file: string): LineRange[] {
  const lines = places.filter((one) => one.file === file && one.line > 0).map(({ line }) => line);
  const ranges: [number, number][] = [];
  for (const line of lines.sort((a, b) => a - b)) {
    const from = Math.max(1, line - AROUND);
    const before = ranges.at(-1);
    if (before && from <= before[1] + 1) before[1] = line + AROUND;
    else ranges.push([from, line + AROUND]);
  }
  return ranges;
}
