// SPDX-License-Identifier: GPL-2.0-only
// What the difference between two policies depends on: each cost parameter changed alone, and all of them at once.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import {
  CALIBRATION,
  COST_PARAMETERS,
  type CostName,
  type CostParameters,
  type PresetName,
} from '../cost';
import { DrawnSets } from './drawn-sets';
import { type Price, cpuNs, equalAt } from './price';
import type { CostRanges } from './uncertainty';

/** How far a parameter is changed: to a quarter and to four times, as far as that is physically possible. */
const FACTOR = 4;
/** Sets that are drawn. */
const DRAWS = 10_000;

export type Prices = readonly [Price, Price];

/** The second's CPU time of an I/O by the first's: below 1 the second wins. */
export interface Effect {
  /** The parameter. */
  readonly name: CostName;
  /** At a quarter of its value, or as near to that as is physical. */
  readonly low: {
    /** Value of the parameter. */
    readonly value: number;
    /** The ratio with it. */
    readonly cpu: number;
  };
  /** At four times its value, or as near to that as is physical. */
  readonly high: {
    /** Value of the parameter. */
    readonly value: number;
    /** The ratio with it. */
    readonly cpu: number;
  };
  /** The same at the ends of what the calibration accepted; null where it does not speak of this machine. */
  readonly accepted:
    | readonly [{ value: number; cpu: number }, { value: number; cpu: number }]
    | null;
  /** Where, within the physical range, both take the same CPU time; null: nowhere. */
  readonly equal_at: number | null;
}

export interface Dependence {
  /** Bytes of an I/O. */
  readonly bs: whole_number;
  /** The second's CPU time of an I/O by the first's: below 1 the second wins. */
  readonly cpu: number;
  /** The strongest first; parameters that change nothing are left out. */
  readonly effects: readonly Effect[];
  /** Of sets drawn with all parameters at once, the share in which the second takes less CPU time. */
  readonly second_wins: {
    /** Each between a quarter and four times. */
    readonly around: number;
    /** Each anywhere in its physical range. */
    readonly physical: number;
    /** Each within what the calibration accepted, for itself, not as a set; null where it does not speak of this machine. */
    readonly accepted: number | null;
  };
  /** Nanoseconds of an I/O that the second loses at most: each parameter at that end of its range that is worse for it. */
  readonly worst_loss_ns: number;
}

/** What the calibration accepted, the outermost sets included: it speaks of the cover letter's laptop alone. */
function acceptedRanges(preset: PresetName): CostRanges | null {
  if (preset !== 'laptop-virtio') return null;
  return new Map(
    CALIBRATION.parameters.map(({ name, accepted }) => [
      name as CostName,
      [accepted.min, accepted.max] as const,
    ]),
  );
}

/** The difference on one machine: what is drawn of its costs serves all sizes. */
export class Dependences {
  private readonly around: CostRanges;
  private readonly accepted: CostRanges | null;
  private readonly sets: Record<'around' | 'physical', DrawnSets> & {
    readonly accepted: DrawnSets | null;
  };

  constructor(
    private readonly cost: CostParameters,
    preset: PresetName,
    seed: number,
  ) {
    this.accepted = acceptedRanges(preset);
    this.around = new Map(
      COST_PARAMETERS.map(({ name, min, max }) => [
        name,
        [Math.max(min, cost[name] / FACTOR), Math.min(max, cost[name] * FACTOR)] as const,
      ]),
    );
    const physical = new Map(
      COST_PARAMETERS.map(({ name, min, max }) => [name, [min, max] as const]),
    );
    const drawn = (ranges: CostRanges): DrawnSets => new DrawnSets(cost, ranges, DRAWS, seed);
    this.sets = {
      around: drawn(this.around),
      physical: drawn(physical),
      accepted: this.accepted && drawn(this.accepted),
    };
  }

  /** @param bs bytes of an I/O */
  of(bs: number, prices: Prices): Dependence {
    const { cost, around, accepted, sets } = this;
    const effects = COST_PARAMETERS.filter(
      ({ name }) => !name.startsWith('nvme') && prices.some(({ times }) => (times[name] ?? 0) > 0),
    ).map(({ name, min, max }): Effect => {
      const at = (value: number): { value: number; cpu: number } => ({
        value,
        cpu: ratio(prices, { ...cost, [name]: value }),
      });
      const [low, high] = around.get(name) as readonly [number, number];
      const range = accepted?.get(name);
      const equal = equalAt(...prices, cost, name);
      return {
        name,
        low: at(low),
        high: at(high),
        accepted: range ? [at(range[0]), at(range[1])] : null,
        equal_at: equal !== null && equal >= min && equal <= max ? equal : null,
      };
    });
    const width = ({ low, high }: Effect): number => Math.abs(Math.log(high.cpu / low.cpu));
    return {
      bs,
      cpu: ratio(prices, cost),
      effects: effects.sort((a, b) => width(b) - width(a)),
      second_wins: {
        around: sets.around.secondWins(prices),
        physical: sets.physical.secondWins(prices),
        accepted: sets.accepted?.secondWins(prices) ?? null,
      },
      worst_loss_ns: loss(prices, worst(prices, cost)),
    };
  }
}

function ratio([first, second]: Prices, cost: CostParameters): number {
  return cpuNs(second, cost) / cpuNs(first, cost);
}

function loss([first, second]: Prices, cost: CostParameters): number {
  return cpuNs(second, cost) - cpuNs(first, cost);
}

/** The loss is a sum over the parameters, so each can be put to its worse end alone. */
function worst(prices: Prices, cost: CostParameters): CostParameters {
  const corner: Record<CostName, number> = { ...cost };
  for (const { name, min, max } of COST_PARAMETERS) {
    const at = (value: number): number => loss(prices, { ...cost, [name]: value });
    corner[name] = at(min) > at(max) ? min : max;
  }
  return corner;
}
