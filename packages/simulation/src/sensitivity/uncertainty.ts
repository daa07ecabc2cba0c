// SPDX-License-Identifier: GPL-2.0-only
// How uncertain a machine's costs are: sets of costs, drawn from what is known of each.

import {
  CALIBRATION,
  COST_PARAMETERS,
  type CostName,
  type CostParameters,
  type PresetName,
  preset,
} from '../cost';
import { newRandom, unit } from '../jobs/random';

/** Both ends inclusive. */
export type CostRanges = ReadonlyMap<CostName, readonly [min: number, max: number]>;

export interface UncertainCosts {
  /**
   * `calibration`: 5 to 95 % of what the calibration accepted of each cost. `around`: from half to twice each cost, as far
   * as that is physically possible, since nothing better is known.
   */
  readonly basis: 'calibration' | 'around';
  readonly ranges: CostRanges;
}

/** Of a cost that no calibration speaks of. */
const FACTOR = 2;

/** What is known of costs that start from a preset; one that was changed from it is taken as measured, and stays. */
export function uncertainCosts(name: PresetName, costs: CostParameters): UncertainCosts {
  const base = preset(name);
  const isCalibrated = name === 'laptop-virtio';
  const ranges = new Map<CostName, readonly [number, number]>();
  const around = (cost: CostName): readonly [number, number] => {
    const { min, max } = COST_PARAMETERS.find((one) => one.name === cost) ?? { min: 0, max: 0 };
    return [Math.max(min, costs[cost] / FACTOR), Math.min(max, costs[cost] * FACTOR)];
  };
  const accepted = new Map(CALIBRATION.parameters.map((one) => [one.name as CostName, one]));
  for (const { name: cost } of COST_PARAMETERS) {
    if (costs[cost] !== base[cost]) continue;
    const calibrated = isCalibrated ? accepted.get(cost) : undefined;
    ranges.set(cost, calibrated ? [calibrated.accepted.p5, calibrated.accepted.p95] : around(cost));
  }
  return { basis: isCalibrated ? 'calibration' : 'around', ranges };
}

/**
 * Sets of costs, each cost for itself and alike on a logarithmic scale within its range; the others as in `costs`.
 * @param draws how many sets
 */
export function* drawCosts(
  costs: CostParameters,
  ranges: CostRanges,
  draws: number,
  seed: number,
): Generator<CostParameters> {
  const random = newRandom(seed);
  const factors = Array.from(ranges, ([name, [low, high]]) => ({ name, low, factor: high / low }));
  for (let i = 0; i < draws; i++) {
    const drawn: Record<CostName, number> = { ...costs };
    for (const { name, low, factor } of factors) drawn[name] = low * factor ** unit(random);
    yield drawn;
  }
}
