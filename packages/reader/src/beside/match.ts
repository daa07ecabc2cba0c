// SPDX-License-Identifier: GPL-2.0-only
// Which steps of two functions are the same: the heaviest common subsequence.

import type { Step, StepKind } from '../syntax/definition';

/** How much a step of a kind tells: a call is nearly unique, an end says nothing. */
const WEIGHT: Readonly<Record<StepKind, number>> = {
  call: 12,
  pointer: 12,
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

/** For each step the index of the branch, loop or switch that it opens, continues with else, or ends; else null. */
export function openers(steps: readonly Step[]): (number | null)[] {
  const stack: number[] = [];
  return steps.map((step, i) => {
    if (step.kind === 'if' || step.kind === 'loop' || step.kind === 'switch') {
      stack.push(i);
      return i;
    }
    if (step.kind === 'end') return stack.pop() ?? null;
    return step.kind === 'else' ? (stack.at(-1) ?? null) : null;
  });
}

/** How deep each step is nested. */
function depths(steps: readonly Step[]): number[] {
  let depth = 0;
  return steps.map((step) => {
    if (step.kind === 'end') depth--;
    const here = depth;
    if (step.kind === 'if' || step.kind === 'loop' || step.kind === 'switch') depth++;
    return here;
  });
}

/**
 * Adds to pairs of openers the pairs of their elses and ends, where these close around the same steps on both sides.
 * @param pairs in order, without elses and ends
 */
function withEnds(
  left: readonly Step[],
  right: readonly Step[],
  pairs: readonly (readonly [number, number])[],
): [number, number][] {
  const partner = new Map(pairs);
  const rightOpeners = openers(right);
  const ends = openers(left).flatMap((opener, i): [number, number][] => {
    const kind = left[i]?.kind;
    if (opener === null || (kind !== 'end' && kind !== 'else')) return [];
    const other = partner.get(opener);
    if (other === undefined) return [];
    const j = right.findIndex((step, k) => step.kind === kind && rightOpeners[k] === other);
    if (j < 0) return [];
    const before = pairs.filter(([a]) => a < i).length;
    return before === pairs.filter(([, b]) => b < j).length ? [[i, j]] : [];
  });
  return [...pairs.map(([a, b]): [number, number] => [a, b]), ...ends].sort((x, y) => x[0] - y[0]);
}

/** The steps that two functions have in common, as pairs of indices in order. */
export function matchSteps(left: readonly Step[], right: readonly Step[]): [number, number][] {
  const keys = new Map<string, number>();
  const number = (step: Step): number => {
    const text = stepKey(step);
    const known = keys.get(text);
    if (known !== undefined) return known;
    keys.set(text, keys.size);
    return keys.size - 1;
  };
  const isInner = (step: Step): boolean => step.kind !== 'end' && step.kind !== 'else';
  const inner = (steps: readonly Step[]): number[] =>
    steps.flatMap((step, i) => (isInner(step) ? [i] : []));
  const [a, b] = [left.map(number), right.map(number)];
  const [aDepth, bDepth] = [depths(left), depths(right)];
  const [aInner, bInner] = [inner(left), inner(right)];
  const weight = (x: number, y: number): number => {
    const [i, j] = [aInner[x] ?? 0, bInner[y] ?? 0];
    if (a[i] !== b[j]) return 0;
    const step = left[i];
    // Branches are all alike: what follows, and how deep they are, tells which is which.
    const follows = a[i + 1] === b[j + 1] ? 2 : 0;
    return (step ? WEIGHT[step.kind] : 0) + (aDepth[i] === bDepth[j] ? 1 : 0) + follows;
  };
  const pairs = heaviest(aInner.length, bInner.length, weight).map(([x, y]): [number, number] => [
    aInner[x] ?? 0,
    bInner[y] ?? 0,
  ]);
  return withEnds(left, right, pairs);
}
