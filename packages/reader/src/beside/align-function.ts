// SPDX-License-Identifier: GPL-2.0-only
// Lines of one C thing beside the lines of its TypeScript.

import type { Definition } from '../syntax/definition';
import type { Row } from './beside';
import { ALIKE, likeness, wordsOf } from './likeness';
import { heaviest, matchSteps } from './match';

/** Lines of one side, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A definition of one side, the lines that are shown of it, and the text of its file. */
export interface Placed {
  readonly definition: Definition;
  readonly range: Range;
  readonly lines: readonly string[];
}

/** A line of the C and the line of the TypeScript that is its counterpart. */
export type Match = readonly [c: number, ts: number];

/** Two stretches of lines without counterparts beside each other; the longer one faces gaps at its end. */
export function zip(c: Range, ts: Range): Row[] {
  const rows: Row[] = [];
  const count = Math.max(c.to - c.from, ts.to - ts.from) + 1;
  for (let i = 0; i < count; i++)
    rows.push({
      c: c.from + i <= c.to ? c.from + i : null,
      ts: ts.from + i <= ts.to ? ts.from + i : null,
      matched: false,
    });
  return rows;
}

/** Pairs of lines that share a row, going down on both sides, and lines whose counterpart is in such a row above them. */
interface Anchors {
  readonly rows: Match[];
  readonly joinedC: Set<number>;
  readonly joinedTs: Set<number>;
}

function anchors(c: Definition, ts: Definition, members: readonly Match[]): Anchors {
  const steps = matchSteps(c.steps, ts.steps).map(([i, j]): Match => [
    c.steps[i]?.line ?? 0,
    ts.steps[j]?.line ?? 0,
  ]);
  const rows: Match[] = [[c.from, ts.from]];
  const joinedC = new Set<number>();
  const joinedTs = new Set<number>();
  let [lastC, lastTs] = [c.from, ts.from];
  // A return is a step after the calls of its value, which may stand on later lines.
  const inOrder = [...steps, ...members].sort(([a, b], [c, d]) => a - c || b - d);
  for (const [a, b] of inOrder) {
    if (a >= c.to || b > ts.to) continue;
    // Two statements of one side on one line of the other: the second joins the row of the first.
    if (a > lastC && b === lastTs) joinedC.add(a);
    if (a === lastC && b > lastTs) joinedTs.add(b);
    if (a <= lastC || b <= lastTs) continue;
    rows.push([a, b]);
    [lastC, lastTs] = [a, b];
  }
  if (c.to > lastC && ts.to > lastTs) rows.push([c.to, ts.to]);
  return { rows, joinedC, joinedTs };
}

/** Lines between two anchors: those alike on one row, the others in order between them. */
function between(c: Range, ts: Range, left: Placed, right: Placed): Row[] {
  const words = (range: Range, { definition, lines }: Placed): ReadonlySet<string>[] =>
    lines
      .slice(range.from - 1, range.to)
      .map((text, i) => wordsOf(range.from + i < definition.from || isComment(text) ? '' : text));
  const [cWords, tsWords] = [words(c, left), words(ts, right)];
  const pairs = heaviest(cWords.length, tsWords.length, (i, j) => {
    const [a, b] = [cWords[i], tsWords[j]];
    const alike = a && b ? likeness(a, b) : 0;
    return alike >= ALIKE ? alike : 0;
  });
  const rows: Row[] = [];
  let [nextC, nextTs] = [c.from, ts.from];
  for (const [i, j] of pairs) {
    const [a, b] = [c.from + i, ts.from + j];
    rows.push(...zip({ from: nextC, to: a - 1 }, { from: nextTs, to: b - 1 }));
    rows.push({ c: a, ts: b, matched: true });
    [nextC, nextTs] = [a + 1, b + 1];
  }
  rows.push(...zip({ from: nextC, to: c.to }, { from: nextTs, to: ts.to }));
  return rows;
}

function isComment(text: string): boolean {
  return /^\s*(?:\/[/*]|\*)/.test(text);
}

/** The rows down to the last of the joined lines of a range, and the first line after it. */
function joinedRows(range: Range, joined: ReadonlySet<number>, side: 'c' | 'ts'): [Row[], number] {
  let last = range.from - 1;
  for (let n = range.from; n <= range.to; n++) if (joined.has(n)) last = n;
  const rows: Row[] = [];
  for (let n = range.from; n <= last; n++)
    rows.push({ c: null, ts: null, [side]: n, matched: joined.has(n) });
  return [rows, last + 1];
}

/**
 * The rows of two definitions with the comments on them: steps that both have face each other, lines between them in
 * order. Each line of both ranges is in exactly one row.
 * @param members lines of fields or enumerators that both have, in the C's order
 */
export function alignDefinitions(c: Placed, ts: Placed, members: readonly Match[] = []): Row[] {
  const { rows: matches, joinedC, joinedTs } = anchors(c.definition, ts.definition, members);
  const rows: Row[] = [];
  let [nextC, nextTs] = [c.range.from, ts.range.from];
  const fill = (toC: number, toTs: number): void => {
    const [cRows, restC] = joinedRows({ from: nextC, to: toC }, joinedC, 'c');
    const [tsRows, restTs] = joinedRows({ from: nextTs, to: toTs }, joinedTs, 'ts');
    rows.push(...cRows, ...tsRows);
    rows.push(...between({ from: restC, to: toC }, { from: restTs, to: toTs }, c, ts));
  };
  for (const [a, b] of matches) {
    fill(a - 1, b - 1);
    rows.push({ c: a, ts: b, matched: true });
    [nextC, nextTs] = [a + 1, b + 1];
  }
  fill(c.range.to, ts.range.to);
  return rows;
}
