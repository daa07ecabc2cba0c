// SPDX-License-Identifier: GPL-2.0-only
// All parameter sets within their physical ranges that give printed figures, as draws: any prior set is as likely as any
// other on a logarithmic scale, and stays if its figures round to what is printed.

import type { Interval, RowIntervals } from '../cover-letter';
import { effectiveSize, rHat } from './convergence';
import { type CostName, type CostParameters, priorOf } from '../parameters';
import type { Surrogate } from './surrogate';
import { type Terrain, Walk } from './sampler';

export interface FitOptions {
  readonly seed: number;
  /** At least so many sets. */
  readonly sets: number;
  /** Independent populations, each from a start of its own. Default 4. */
  readonly populations?: number;
  /** Sweeps between two records of a walker. Default 60. */
  readonly thin?: number;
  /** Ranges in place of the parameters' own. */
  readonly ranges?: Ranges;
  /** Told of progress, from 0 to 1. */
  readonly progress?: (share: number) => void;
}

export type Ranges = Readonly<Partial<Record<CostName, Interval>>>;

export interface Fit {
  /** Parameters that the figures depend on, in the order of each set. */
  readonly names: readonly CostName[];
  readonly sets: readonly Float64Array[];
  /** Walkers of a population, on average, that had found a wanted set by themselves. */
  readonly arrived: number;
  /** Share of the sets tried from a wanted one that were wanted too. */
  readonly acceptance: number;
  /** Parameter sets tried, search and walk together. */
  readonly evaluations: number;
  /** Of each parameter's logarithm, in the order of names. */
  readonly rHat: readonly number[];
  readonly effectiveSize: readonly number[];
  readonly populations: number;
  readonly walkers: number;
}

/** No set was found whose figures all round to the printed ones. */
export class NoFitError extends Error {
  constructor(
    /** The least bad one, and how far its worst figure is out, in halves of the last printed digit. */
    readonly best: Readonly<Partial<CostParameters>>,
    readonly excess: number,
  ) {
    super(
      `no parameter set within the ranges gives all figures; the best is out by ${excess.toFixed(2)}`,
    );
    this.name = 'NoFitError';
  }
}

const ANNEAL_SWEEPS = 1500;
const SETTLE_SWEEPS = 500;
const THIN = 60;

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

/**
 * Finds the sets and walks among them.
 * @param wanted for each row of the surrogate, its intervals, or null: a row to predict
 * @throws NoFitError
 */
export function fit(
  surrogate: Surrogate,
  wanted: readonly (RowIntervals | null)[],
  options: FitOptions,
): Fit {
  const { seed, populations = 4, thin = THIN, progress } = options;
  const terrain = new CostTerrain(surrogate, wanted, options.ranges ?? {});
  const size = surrogate.names.length + 3;
  const records = Math.max(8, Math.ceil(options.sets / (populations * size)));

  const places: Float64Array[][] = []; // of each walker, populations one after the other
  let [found, tried, evaluations, arrived] = [0, 0, 0, 0];
  for (let p = 0; p < populations; p++) {
    // Seeds far apart: xoroshiro128+ takes 32 bits of one.
    const walk = new Walk(terrain, size, (seed + Math.imul(p + 1, 0x9e3779b9)) | 0);
    walk.anneal(ANNEAL_SWEEPS);
    const some = walk.gather();
    if (some === 0) throw noFit(walk, surrogate);
    arrived += some;
    for (let i = 0; i < SETTLE_SWEEPS; i++) walk.sweep();
    walk.triedWanted = walk.foundWanted = 0;
    const own: Float64Array[][] = walk.wanted().map(() => []);
    for (let r = 0; r < records; r++) {
      for (let i = 0; i < thin; i++) walk.sweep();
      walk.wanted().forEach((c, i) => own[i]?.push(surrogate.toCosts(c)));
      progress?.((p + (r + 1) / records) / populations);
    }
    found += walk.foundWanted;
    tried += walk.triedWanted;
    evaluations += walk.tried;
    places.push(...own);
  }

  const ofWalker = (w: Float64Array[], k: number): number[] =>
    w.map((values) => Math.log(values[k] ?? NaN));
  // In the order of time, so that halves are early and late.
  const ofPopulation = (p: number, k: number): number[] => {
    const walkers = places.slice(p * size, (p + 1) * size).map((w) => ofWalker(w, k));
    return Array.from({ length: records }, (_, r) => walkers.map((w) => w[r] ?? NaN)).flat();
  };
  return {
    names: surrogate.names,
    sets: places.flat(),
    arrived: arrived / populations,
    acceptance: found / tried,
    evaluations,
    rHat: surrogate.names.map((_, k) =>
      rHat(Array.from({ length: populations }, (__, p) => ofPopulation(p, k))),
    ),
    effectiveSize: surrogate.names.map((_, k) => effectiveSize(places.map((w) => ofWalker(w, k)))),
    populations,
    walkers: size,
  };
}

function noFit(walk: Walk, surrogate: Surrogate): NoFitError {
  const best = walk.best();
  const values = surrogate.toCosts(best); // its own inverse
  return new NoFitError(
    Object.fromEntries(surrogate.names.map((name, i) => [name, values[i]])),
    walk.energyOf(best),
  );
}
