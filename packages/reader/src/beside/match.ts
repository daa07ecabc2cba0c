// SPDX-License-Identifier: GPL-2.0-only
// Which steps of two functions are the same: the heaviest common subsequence.

import type { Step, StepKind } from '../syntax/definition';

/** How much a step of a kind tells: a call is nearly unique, an end says nothing. */
const WEIGHT: Readonly<Record<StepKind, number>> = {
  call: 12,
  label: 12,
  goto: 12,
  constant: 8,
  case: 8,
  loop: 5,
  switch: 5,
  return: 4,
  if: 3,
  else: 3,
  break: 3,
  continue: 3,
  end: 1,
};

/** Two steps are the same if these are. A loop's name is that of C's macro, and the other side has none. */
export function stepKey(step: Step): string {
  return step.kind === 'loop' ? 'loop' : `${step.kind} ${step.name}`;
}

/**
 * The heaviest common subsequence.
 * @param weight of a pair that may be matched; 0: may not
 * @returns pairs of indices, in order. Of equal ones, that with the earliest matches on the left.
 */
export function heaviest(
  left: number,
  right: number,
  weight: (i: number, j: number) => number,
): [number, number][] {
  const width = right + 1;
  const best = new Float64Array((left + 1) * width);
  for (let i = left - 1; i >= 0; i--)
    for (let j = right - 1; j >= 0; j--) {
      const w = weight(i, j);
      const with_ = w > 0 ? w + (best[(i + 1) * width + j + 1] ?? 0) : 0;
      best[i * width + j] = Math.max(
        with_,
        best[(i + 1) * width + j] ?? 0,
        best[i * width + j + 1] ?? 0,
      );
    }
  const pairs: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < left && j < right) {
    const here = best[i * width + j] ?? 0;
    const w = weight(i, j);
    if (w > 0 && here === w + (best[(i + 1) * width + j + 1] ?? 0)) {
      pairs.push([i, j]);
      i++;
      j++;
    } else if (here === (best[(i + 1) * width + j] ?? 0)) i++;
    else j++;
  }
  return pairs;
}

/** The steps that two functions have in common, as pairs of indices in order. */
export function matchSteps(
  left: readonly Step[],
  right: readonly Step[],
  key: (step: Step) => string = stepKey,
): [number, number][] {
  const keys = new Map<string, number>();
  const number = (step: Step): number => {
    const text = key(step);
    const known = keys.get(text);
    if (known !== undefined) return known;
    keys.set(text, keys.size);
    return keys.size - 1;
  };
  const a = left.map(number);
  const b = right.map(number);
  const weights = left.map((step) => WEIGHT[step.kind]);
  return heaviest(a.length, b.length, (i, j) => (a[i] === b[j] ? (weights[i] ?? 0) : 0));
}
