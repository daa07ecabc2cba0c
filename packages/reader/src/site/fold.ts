// SPDX-License-Identifier: GPL-2.0-only
// Unchanged lines that a patch's page leaves out, and the rows that say so.

import type { DeltaPair } from './align-delta';

/** Unchanged lines around a change. */
const CONTEXT = 3;

function isChange({ c, ts }: DeltaPair): boolean {
  return [c, ts].some((row) => row !== null && row.kind !== 'context');
}

/** Pairs with a change, and those with one of the nearest lines of a side around it. */
function nearChange(pairs: readonly DeltaPair[], side: 'c' | 'ts'): Set<number> {
  const near = new Set<number>();
  for (const step of [1, -1]) {
    let left = 0;
    for (let n = 0; n < pairs.length; n++) {
      const i = step > 0 ? n : pairs.length - 1 - n;
      const pair = pairs[i];
      if (pair && isChange(pair)) {
        near.add(i);
        left = CONTEXT;
      } else if (left > 0 && pair?.[side]) {
        near.add(i);
        left--;
      }
    }
  }
  return near;
}

/** A row in place of those that are left out, with the sides that have lines there. */
function instead(pairs: readonly DeltaPair[]): DeltaPair {
  const sides = (['c', 'ts'] as const).filter((side) => pairs.some((pair) => pair[side] !== null));
  return { c: null, ts: null, matched: false, left: sides };
}

/** Leaves out unchanged lines far from a change, on both sides in the same rows. */
export function folded(pairs: readonly DeltaPair[]): DeltaPair[] {
  const near = new Set([...nearChange(pairs, 'c'), ...nearChange(pairs, 'ts')]);
  const kept: DeltaPair[] = [];
  for (let i = 0; i < pairs.length;) {
    let end = i;
    while (end < pairs.length && !near.has(end)) end++;
    // A sign in place of one or two lines would save nothing.
    const far = pairs.slice(i, end);
    kept.push(...(far.length > 2 ? [instead(far)] : far), ...pairs.slice(end, end + 1));
    i = end + 1;
  }
  return withGaps(kept);
}

/** Says where the C jumps: between hunks, where the lines between them are not known. */
export function withGaps(pairs: readonly DeltaPair[]): DeltaPair[] {
  const out: DeltaPair[] = [];
  let after: number | null = null;
  let before: number | null = null;
  for (const pair of pairs) {
    const { c } = pair;
    const jumps =
      c !== null &&
      ((c.after !== null && after !== null && c.after > after + 1) ||
        (c.before !== null && before !== null && c.before > before + 1));
    if (jumps) sayJump(out);
    if (c?.after != null) ({ after } = c);
    if (c?.before != null) ({ before } = c);
    out.push(pair);
  }
  return out;
}

/** In the row of lines left out since the last line of the C, or in one of its own. */
function sayJump(out: DeltaPair[]): void {
  for (let i = out.length - 1; i >= 0 && (out[i]?.c ?? null) === null; i--) {
    const left = out[i]?.left;
    if (!left) continue;
    out[i] = { c: null, ts: null, matched: false, left: ['c', ...left.filter((s) => s !== 'c')] };
    return;
  }
  out.push({ c: null, ts: null, matched: false, left: ['c'] });
}
