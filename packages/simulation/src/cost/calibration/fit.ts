// SPDX-License-Identifier: GPL-2.0-only
// All parameter sets within their physical ranges that give printed figures, as draws: any prior set is as likely as any
// other on a logarithmic scale, and stays if its figures round to what is printed.

import type { RowIntervals } from '../cover-letter';
import type { CostName, CostParameters } from '../parameters';
import {
  type Chain,
  type ChainFound,
  type ChainOptions,
  type Ranges,
  runChain,
  walkersOf,
} from './chain';
import { effectiveSize, rHat } from './convergence';
import type { Surrogate } from './surrogate';

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

const POPULATIONS = 4;
const THIN = 60;

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
  const { progress } = options;
  const all = chainsOf(surrogate, options);
  const chains: ChainFound[] = [];
  for (const [p, chain] of all.entries())
    chains.push(
      found(
        runChain(surrogate, wanted, {
          ...chain,
          progress: (share) => progress?.((p + share) / all.length),
        }),
      ),
    );
  return fitOf(surrogate, chains);
}

/** The populations of a fit, each with a seed of its own. */
export function chainsOf(surrogate: Surrogate, options: FitOptions): ChainOptions[] {
  const { seed, sets, populations = POPULATIONS, thin = THIN, ranges = {} } = options;
  const records = Math.max(8, Math.ceil(sets / (populations * walkersOf(surrogate))));
  return Array.from({ length: populations }, (_, p) => ({
    // Seeds far apart: xoroshiro128+ takes 32 bits of one.
    seed: (seed + Math.imul(p + 1, 0x9e3779b9)) | 0,
    ...{ records, thin, ranges },
  }));
}

/** What all populations of a fit found together, in their order. @throws NoFitError of the first that found nothing */
export function fitOf(surrogate: Surrogate, chains: readonly Chain[]): Fit {
  const { names } = surrogate;
  const all = chains.map(found);
  // Of each walker, populations one after the other.
  const places = all.flatMap(({ walkers, places: flat }) => {
    const records = flat.length / (walkers * names.length);
    return Array.from({ length: walkers }, (_, w) =>
      Array.from({ length: records }, (__, r) => {
        const at = (w * records + r) * names.length;
        return flat.slice(at, at + names.length);
      }),
    );
  });
  const [size, records] = [all[0]?.walkers ?? 0, places[0]?.length ?? 0];
  const sum = (of: (chain: ChainFound) => number): number => all.reduce((n, one) => n + of(one), 0);

  const ofWalker = (w: readonly Float64Array[], k: number): number[] =>
    w.map((values) => Math.log(values[k] ?? NaN));
  // In the order of time, so that halves are early and late.
  const ofPopulation = (p: number, k: number): number[] => {
    const walkers = places.slice(p * size, (p + 1) * size).map((w) => ofWalker(w, k));
    return Array.from({ length: records }, (_, r) => walkers.map((w) => w[r] ?? NaN)).flat();
  };
  return {
    names,
    sets: places.flat(),
    arrived: sum((one) => one.arrived) / all.length,
    acceptance: sum((one) => one.foundWanted) / sum((one) => one.triedWanted),
    evaluations: sum((one) => one.tried),
    rHat: names.map((_, k) => rHat(all.map((__, p) => ofPopulation(p, k)))),
    effectiveSize: names.map((_, k) => effectiveSize(places.map((w) => ofWalker(w, k)))),
    populations: all.length,
    walkers: size,
  };
}

function found(chain: Chain): ChainFound {
  if ('places' in chain) return chain;
  throw new NoFitError(chain.best, chain.excess);
}
