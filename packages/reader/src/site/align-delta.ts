// SPDX-License-Identifier: GPL-2.0-only
// What a patch changed in the C beside what it changed in the TypeScript: rows that use the same names face each other.

import { ALIKE, likeness, wordsOf } from '../beside/likeness';
import type { DeltaRow } from '../tree/c-file';

export interface DeltaPair {
  readonly c: DeltaRow | null;
  readonly ts: DeltaRow | null;
  /** Whether the rows are counterparts; false: they only stand beside each other. */
  readonly matched: boolean;
  /** Sides of which lines are left out here; then there is no row. */
  readonly left?: readonly ('c' | 'ts')[];
}

/** More cells than this are not compared: one side is then below the other. */
const MOST_CELLS = 4_000_000;
/** What a row without a counterpart costs, so that a single shared short name does not tear the text apart. */
const GAP = 0.01;

/** What two counterparts have in common: more than a few lines that happen to share a word. */
const COUNTERPARTS = 10;

/**
 * Both sides in their order; the sum of what facing rows have in common is the largest there is.
 * @param counterparts whether two rows are, as the whole functions tell
 */
export function alignDelta(
  c: readonly DeltaRow[],
  ts: readonly DeltaRow[],
  counterparts: (c: DeltaRow, ts: DeltaRow) => boolean = () => false,
): DeltaPair[] {
  if (c.length * ts.length > MOST_CELLS || c.length === 0 || ts.length === 0)
    return [
      ...c.map((row) => ({ c: row, ts: null, matched: false })),
      ...ts.map((row) => ({ c: null, ts: row, matched: false })),
    ];
  const left = c.map(traits);
  const right = ts.map(traits);
  const width = ts.length + 1;
  const common = (i: number, j: number): number => {
    const [a, b] = [c[i], ts[j]];
    return a && b && counterparts(a, b) ? COUNTERPARTS : alike(left[i], right[j]);
  };
  const best = new Float64Array((c.length + 1) * width);
  for (let i = c.length - 1; i >= 0; i--)
    for (let j = ts.length - 1; j >= 0; j--)
      best[i * width + j] = Math.max(
        (best[(i + 1) * width + j + 1] ?? 0) + common(i, j),
        (best[(i + 1) * width + j] ?? 0) - GAP,
        (best[i * width + j + 1] ?? 0) - GAP,
      );

  const pairs: DeltaPair[] = [];
  let i = 0;
  let j = 0;
  while (i < c.length || j < ts.length) {
    const here = best[i * width + j] ?? 0;
    const likes = i < c.length && j < ts.length ? common(i, j) : -1;
    if (likes > 0 && near(here, (best[(i + 1) * width + j + 1] ?? 0) + likes)) {
      const matched = likes >= COUNTERPARTS || shared(left[i], right[j]) >= ALIKE;
      pairs.push({ c: c[i++] ?? null, ts: ts[j++] ?? null, matched });
    } else if (
      i < c.length &&
      (j === ts.length || near(here, (best[(i + 1) * width + j] ?? 0) - GAP))
    ) {
      pairs.push({ c: c[i++] ?? null, ts: null, matched: false });
    } else {
      pairs.push({ c: null, ts: ts[j++] ?? null, matched: false });
    }
  }
  return pairs;
}

interface Traits {
  readonly kind: DeltaRow['kind'];
  readonly words: ReadonlySet<string>;
  readonly blank: boolean;
}

function traits({ kind, text }: DeltaRow): Traits {
  return { kind, words: wordsOf(text), blank: text.trim() === '' };
}

/** -1: nothing in common. */
function alike(a: Traits | undefined, b: Traits | undefined): number {
  if (a?.blank === true && b?.blank === true) return GAP;
  const common = shared(a, b);
  return common === 0 ? -1 : common + (a?.kind === b?.kind ? 0.1 : 0);
}

function shared(a: Traits | undefined, b: Traits | undefined): number {
  return a && b ? likeness(a.words, b.words) : 0;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}
