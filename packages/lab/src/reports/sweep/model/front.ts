// SPDX-License-Identifier: GPL-2.0-only
// The Pareto front of two measures: nothing else is as good in both and better in one.

import type { Better } from '../data';

export interface Axis {
  readonly values: ArrayLike<number>;
  readonly better: Better;
}

/** @returns indices of the front, best x first; what has no finite number in both is on none */
export function frontOf(x: Axis, y: Axis): number[] {
  const [signX, signY] = [sign(x), sign(y)];
  const [xs, ys] = [x.values, y.values];
  const order: number[] = [];
  for (let i = 0; i < xs.length; i++)
    if (Number.isFinite(xs[i]) && Number.isFinite(ys[i])) order.push(i);
  order.sort(
    (a, b) =>
      signX * ((xs[a] ?? 0) - (xs[b] ?? 0)) || signY * ((ys[a] ?? 0) - (ys[b] ?? 0)) || a - b,
  );
  const front: number[] = [];
  let bestY = Infinity;
  /** Where the last front point is: one at the same place is on the front with it. */
  let [lastX, lastY] = [NaN, NaN];
  for (const i of order) {
    const [atX, atY] = [xs[i] ?? 0, signY * (ys[i] ?? 0)];
    if (atY >= bestY && !(atX === lastX && atY === lastY)) continue;
    front.push(i);
    [bestY, lastX, lastY] = [atY, atX, atY];
  }
  return front;
}

/** Less is better after it. */
function sign({ better }: Axis): number {
  return better === 'less' ? 1 : -1;
}
