// SPDX-License-Identifier: GPL-2.0-only
// Lines of one C thing beside the lines of its TypeScript.

import type { Definition } from '../syntax/definition';
import type { Row } from './beside';
import { matchSteps } from './match';

/** Lines of one side, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Two stretches of lines beside each other, the first with the first; the longer one faces gaps at its end. */
export function zip(c: Range, ts: Range): Row[] {
  const rows: Row[] = [];
  const count = Math.max(c.to - c.from, ts.to - ts.from) + 1;
  for (let i = 0; i < count; i++)
    rows.push({
      c: c.from + i <= c.to ? c.from + i : null,
      ts: ts.from + i <= ts.to ? ts.from + i : null,
    });
  return rows;
}

/** Pairs of lines that face each other, going down on both sides, both ends of the definitions among them. */
function anchors(
  c: Definition,
  ts: Definition,
  members: readonly (readonly [number, number])[],
): [number, number][] {
  const steps = matchSteps(c.steps, ts.steps).map(([i, j]): [number, number] => [
    c.steps[i]?.line ?? 0,
    ts.steps[j]?.line ?? 0,
  ]);
  const wanted = [...steps, ...members.map(([a, b]): [number, number] => [a, b])];
  const kept: [number, number][] = [[c.from, ts.from]];
  let [lastC, lastTs] = [c.from, ts.from];
  for (const [a, b] of wanted) {
    if (a <= lastC || b <= lastTs || a >= c.to || b > ts.to) continue;
    kept.push([a, b]);
    [lastC, lastTs] = [a, b];
  }
  if (c.to > lastC && ts.to > lastTs) kept.push([c.to, ts.to]);
  return kept;
}

/**
 * The rows of two definitions with the comments on them: steps that both have face each other, lines between them in
 * order. Each line of both ranges is in exactly one row.
 * @param cRange the definition's lines and those of the comment on it, in the C
 * @param tsRange the same in the TypeScript
 * @param members lines of fields or enumerators that both have, in the C's order
 */
export function alignDefinitions(
  c: Definition,
  cRange: Range,
  ts: Definition,
  tsRange: Range,
  members: readonly (readonly [number, number])[] = [],
): Row[] {
  const rows: Row[] = [];
  let [nextC, nextTs] = [cRange.from, tsRange.from];
  for (const [a, b] of anchors(c, ts, members)) {
    rows.push(...zip({ from: nextC, to: a - 1 }, { from: nextTs, to: b - 1 }), { c: a, ts: b });
    [nextC, nextTs] = [a + 1, b + 1];
  }
  rows.push(...zip({ from: nextC, to: cRange.to }, { from: nextTs, to: tsRange.to }));
  return rows;
}
