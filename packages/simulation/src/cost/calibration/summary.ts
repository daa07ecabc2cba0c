// SPDX-License-Identifier: GPL-2.0-only
// What accepted parameter sets say: ranges, what they leave of the prior, and the set in their middle.

import { mean, quantileSorted, sampleStandardDeviation } from 'simple-statistics';

/** Of one quantity over all sets. */
export interface Spread {
  /** The least. */
  readonly min: number;
  /** 5 % are below. */
  readonly p5: number;
  /** Half are below. */
  readonly median: number;
  /** 95 % are below. */
  readonly p95: number;
  /** The greatest. */
  readonly max: number;
}

export function spreadOf(values: Iterable<number>): Spread {
  const sorted = Float64Array.from(values).sort();
  const q = (p: number): number => round(quantileSorted(Array.from(sorted), p));
  return {
    min: round(sorted[0] ?? NaN),
    p5: q(0.05),
    median: q(0.5),
    p95: q(0.95),
    max: round(sorted[sorted.length - 1] ?? NaN),
  };
}

/** Share of the prior's 5-95 % range that is left, both on a logarithmic scale. */
export function widthLeft(left: Spread, prior: Pick<Spread, 'p5' | 'p95'>): number {
  return round(Math.log(left.p95 / left.p5) / Math.log(prior.p95 / prior.p5));
}

/** 5-95 % of a range that is even on a logarithmic scale. */
export function logUniform(min: number, max: number): Pick<Spread, 'p5' | 'p95'> {
  const ratio = max / min;
  return { p5: min * ratio ** 0.05, p95: min * ratio ** 0.95 };
}

/** within ends: only as long as an end that the sets press against stays where it is. */
export type Identified = 'yes' | 'within ends' | 'partly' | 'no';
/** Above the first, a quantity is not identified; below the second, it is. */
const NOT_IDENTIFIED = 0.8;
export const IDENTIFIED = 0.5;

export function identified(left: number): Identified {
  return left > NOT_IDENTIFIED ? 'no' : left < IDENTIFIED ? 'yes' : 'partly';
}

/**
 * Sets in the order of their distance from the mean of all, in logarithms, each measured in its own deviation.
 * @returns indices, the nearest first
 */
export function nearestToCentre(sets: readonly Float64Array[]): number[] {
  const logs = sets.map((set) => set.map(Math.log));
  const dimension = sets[0]?.length ?? 0;
  const distance = new Float64Array(sets.length);
  for (let k = 0; k < dimension; k++) {
    const column = logs.map((set) => set[k] ?? NaN);
    const centre = mean(column);
    const deviation = sampleStandardDeviation(column) || 1;
    column.forEach((x, i) => {
      distance[i] = (distance[i] ?? 0) + ((x - centre) / deviation) ** 2;
    });
  }
  return Array.from(distance.keys()).sort((a, b) => (distance[a] ?? 0) - (distance[b] ?? 0));
}

/** To four digits: more would say more than is known. */
export function round(x: number): number {
  return Number(x.toPrecision(4));
}
