// SPDX-License-Identifier: GPL-2.0-only
// Ends of prior ranges that accepted sets press against. A quantity is identified only if it stays where it is when such
// an end, which is often an assumption, is moved.

import type { Interval } from '../cover-letter';
import type { CostName } from '../parameters';
import { IDENTIFIED, type Spread } from './summary';

/** A 5 or 95 % quantile within this share of the range's width from an end presses against it, in logarithms. */
const PRESSES = 0.05;
/** How far an end is moved: by this factor, outwards. */
const MOVED_BY = 2;

export interface PressedEnd {
  /** The parameter. */
  readonly name: CostName;
  /** Which end of its range. */
  readonly end: 'min' | 'max';
  /** Where the end is, in the unit of the parameter. */
  readonly value: number;
  /** Where it was moved to. */
  readonly moved_to: number;
}

/** A range of 5-95 % as it is with an end moved. */
export interface MovedRange {
  /** The parameter or sum. */
  readonly name: string;
  /** 5 % of the sets are below, in its unit. */
  readonly p5: number;
  /** 95 % of the sets are below, in its unit. */
  readonly p95: number;
  /** Share of the prior's range that is left. */
  readonly width_left: number;
  /** Whether it meets the range with the end in place, and is still identified. */
  readonly holds: boolean;
}

/** A quantity as a fit found it. */
export interface QuantityReport {
  readonly name: string;
  readonly prior: Interval;
  readonly accepted: Spread;
  readonly width_left: number;
}

/** Of parameters that the figures identify: a wide range lies at its ends by nature. */
export function pressedEnds(parameters: readonly QuantityReport[]): PressedEnd[] {
  return parameters.flatMap(({ name, prior: [min, max], accepted, width_left: left }) => {
    if (left >= IDENTIFIED) return [];
    const near = (a: number, b: number): boolean =>
      Math.abs(Math.log(a / b)) <= PRESSES * Math.log(max / min);
    const end = near(accepted.p95, max) ? 'max' : near(accepted.p5, min) ? 'min' : null;
    if (end === null) return [];
    const value = end === 'max' ? max : min;
    const moved_to = end === 'max' ? max * MOVED_BY : min / MOVED_BY;
    return [{ name: name as CostName, end, value, moved_to }];
  });
}

/** @param before and @param after the same quantities, in the same order */
export function movedRanges(
  before: readonly QuantityReport[],
  after: readonly QuantityReport[],
): MovedRange[] {
  return before.flatMap(({ name, accepted, width_left: left }, i) => {
    const moved = after[i];
    if (left >= IDENTIFIED || !moved) return [];
    const { p5, p95 } = moved.accepted;
    const { width_left } = moved;
    const overlaps = p5 <= accepted.p95 && p95 >= accepted.p5;
    return [{ name, p5, p95, width_left, holds: overlaps && width_left < IDENTIFIED }];
  });
}
