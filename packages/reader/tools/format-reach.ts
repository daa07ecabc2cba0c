// SPDX-License-Identifier: GPL-2.0-only
// The text of data/reach.json, which src/margin/reach.ts reads.

import type { Reach } from '../src/margin/margin';
import { rangesText } from '../src/ranges';

/** The same text for the same content: paths and functions in the order given, sets in the order of their use. */
export function formatReach(
  transcripts: readonly string[],
  tests: readonly string[],
  reach: ReadonlyMap<string, Reach>,
): string {
  const sets = new Map<string, number>();
  const setOf = (names: readonly string[], members: readonly string[]): number => {
    const text = rangesText(members.map((m) => names.indexOf(m)));
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
