// SPDX-License-Identifier: GPL-2.0-only
// Numbers drawn with weights, by bisection of their sums; nothing is allocated in drawing.

import { type Random, unit } from './random';

export class Weighted {
  /** The smallest value. */
  readonly least: number;
  private readonly values: Float64Array;
  private readonly upTo: Float64Array;

  /** @param choices at least one value, each with its weight, in any unit */
  constructor(choices: readonly (readonly [value: number, weight: number])[]) {
    let sum = 0;
    this.least = Math.min(...choices.map(([value]) => value));
    this.values = Float64Array.from(choices, ([value]) => value);
    this.upTo = Float64Array.from(choices, ([, weight]) => (sum += weight));
  }

  draw(random: Random): number {
    const { values, upTo } = this;
    let low = 0;
    let high = upTo.length - 1;
    if (high > 0) {
      const x = unit(random) * (upTo[high] as number);
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (x < (upTo[middle] as number)) high = middle;
        else low = middle + 1;
      }
    }
    return values[low] as number;
  }
}
