// SPDX-License-Identifier: GPL-2.0-only
// One population of a fit, from its search to its last record: populations know nothing of each other, so each can run anywhere.

import type { Interval, RowIntervals } from '../cover-letter';
import { type CostName, type CostParameters, priorOf } from '../parameters';
import { type Terrain, Walk } from './sampler';
import type { Surrogate } from './surrogate';

export type Ranges = Readonly<Partial<Record<CostName, Interval>>>;

export interface ChainOptions {
  /** Of this population alone. */
  readonly seed: number;
  /** Of each walker. */
  readonly records: number;
  /** Sweeps between two records of a walker. */
  readonly thin: number;
  /** Ranges in place of the parameters' own. */
  readonly ranges: Ranges;
  /** Told of progress, from 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** What a population found. Plain data, and numbers only: it crosses threads and machines. */
export interface ChainFound {
  /** Walkers of the population. */
  readonly walkers: number;
  /** Sets of parameters: walker by walker, its records in the order of time, a value for each name. */
  readonly places: Float64Array;
  /** Walkers that had found a wanted set by themselves. */
  readonly arrived: number;
  /** Sets tried from a wanted one; those of them that were wanted; and all that were tried, search included. */
  readonly triedWanted: number;
  readonly foundWanted: number;
  readonly tried: number;
}

/** A population that found no wanted set. */
export interface ChainLost {
  /** The least bad set, and how far its worst figure is out, in halves of the last printed digit. */
  readonly best: Readonly<Partial<CostParameters>>;
  readonly excess: number;
}

export type Chain = ChainFound | ChainLost;

const ANNEAL_SWEEPS = 1500;
const SETTLE_SWEEPS = 500;

/** Figures as they are wanted, made ready to be compared often. */
class Wanted {
  private readonly lo: Float64Array;
  private readonly hi: Float64Array;
  /** Of one half width. */
  private readonly weight: Float64Array;

  /** @param rows null where a row is not looked at */
  constructor(rows: readonly (RowIntervals | null)[]) {
    const all: Interval = [-Infinity, Infinity];
    const intervals = rows.flatMap((row) =>
      row ? [row.speedup, row.unmapReduction, row.mapReduction] : [all, all, all],
    );
    this.lo = Float64Array.from(intervals, ([lo]) => lo);
    this.hi = Float64Array.from(intervals, ([, hi]) => hi);
    this.weight = Float64Array.from(intervals, ([lo, hi]) => 2 / (hi - lo));
  }

  /** How far figures are outside their intervals, in half widths, summed; 0: all inside. */
  excess(figures: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < this.lo.length; i++) {
      const x = figures[i] as number;
      const out = Math.max((this.lo[i] as number) - x, x - (this.hi[i] as number));
      if (!(out <= 0)) sum += out * (this.weight[i] as number);
    }
    return sum;
  }
}

/**
 * How far figures are outside their intervals, in half widths, summed; 0: all inside.
 * @param figures speed-up, unmap reduction and map reduction of each row in turn
 * @param rows null where a row is not looked at
 */
export function excess(figures: ArrayLike<number>, rows: readonly (RowIntervals | null)[]): number {
  return new Wanted(rows).excess(figures);
}

/** The box of a fit: costs in their ranges; a rate is a cost by its inverse. */
class CostTerrain implements Terrain {
  readonly least: Float64Array;
  readonly most: Float64Array;
  private readonly origin: Float64Array;
  private readonly slope: Float64Array;
  private readonly here: Float64Array;
  private readonly wanted: Wanted;

  constructor(
    private readonly surrogate: Surrogate,
    wanted: readonly (RowIntervals | null)[],
    ranges: Ranges,
  ) {
    this.wanted = new Wanted(wanted);
    const { names, sumCount } = surrogate;
    const ends = ([0, 1] as const).map((end) =>
      surrogate.toCosts(names.map((name) => (ranges[name] ?? priorOf(name))[end])),
    ) as [Float64Array, Float64Array];
    this.least = ends[0].map((x, i) => Math.min(x, ends[1][i] as number));
    this.most = ends[0].map((x, i) => Math.max(x, ends[1][i] as number));
    this.origin = new Float64Array(sumCount);
    this.slope = new Float64Array(sumCount);
    this.here = new Float64Array(sumCount);
  }

  /** Sums are linear, so along a line only so many numbers change as there are sums. */
  aim(at: Float64Array, direction: Float64Array): void {
    this.surrogate.sum(at, this.origin);
    this.surrogate.sum(direction, this.slope);
  }

  energy(t: number): number {
    for (let s = 0; s < this.here.length; s++)
      this.here[s] = (this.origin[s] as number) + t * (this.slope[s] as number);
    return this.wanted.excess(this.surrogate.figuresOf(this.here));
  }
}

/** @param wanted for each row of the surrogate, its intervals, or null: a row to predict */
export function runChain(
  surrogate: Surrogate,
  wanted: readonly (RowIntervals | null)[],
  { seed, records, thin, ranges, progress }: ChainOptions,
): Chain {
  const dimension = surrogate.names.length;
  const walkers = walkersOf(surrogate);
  const walk = new Walk(new CostTerrain(surrogate, wanted, ranges), walkers, seed);
  walk.anneal(ANNEAL_SWEEPS);
  const arrived = walk.gather();
  if (arrived === 0) return lost(walk, surrogate);
  for (let i = 0; i < SETTLE_SWEEPS; i++) walk.sweep();
  walk.triedWanted = walk.foundWanted = 0;
  const places = new Float64Array(walkers * records * dimension);
  for (let r = 0; r < records; r++) {
    for (let i = 0; i < thin; i++) walk.sweep();
    for (const [w, c] of walk.wanted().entries())
      places.set(surrogate.toCosts(c), (w * records + r) * dimension);
    progress?.((r + 1) / records);
  }
  const { triedWanted, foundWanted, tried } = walk;
  return { walkers, places, arrived, triedWanted, foundWanted, tried };
}

/** Walkers of a population. */
export function walkersOf({ names }: Surrogate): number {
  return names.length + 3;
}

function lost(walk: Walk, surrogate: Surrogate): ChainLost {
  const best = walk.best();
  const values = surrogate.toCosts(best); // its own inverse
  return {
    best: Object.fromEntries(surrogate.names.map((name, i) => [name, values[i]])),
    excess: walk.energyOf(best),
  };
}
