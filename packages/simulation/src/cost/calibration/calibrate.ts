// SPDX-License-Identifier: GPL-2.0-only
// Calibration against the cover letter: (a) all eight figures, and the preset in the middle; (b) what two columns predict.

import { a_function, check_options, whole } from '@iommu-bounce/linux-shim/options';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Calibration, FitReport, ParameterReport, Prediction } from './document';
import { movedRanges, pressedEnds } from './ends';
import { type Chain, type ChainOptions, type Ranges, excess, runChain } from './chain';
import { type Fit, chainsOf, fitOf } from './fit';
import { type Interval, COVER_LETTER, COVER_LETTER_INTERVALS } from '../cover-letter';
import {
  COST_PARAMETERS,
  type CostName,
  type CostParameters,
  costParameter,
  priorOf,
} from '../parameters';
import {
  type Spread,
  identified,
  logUniform,
  nearestToCentre,
  round,
  spreadOf,
  widthLeft,
} from './summary';
import { SUMS } from './sums';
import { type ComparedRow, Surrogate, coverLetterRows } from './surrogate';

export interface CalibrationOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Accepted sets of each fit, at least. Default 10,000. */
  readonly sets?: number;
  /** Sweeps between two records of (a); more make the sets more independent. Default 60. */
  readonly thin?: number;
  /** Default 4. */
  readonly populations?: number;
  /** Told of progress, from 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** Columns that (b) is fitted to. */
export const TWO_COLUMNS: readonly number[] = [4096, 131072];

const THIN = 60;
/** Fits with a moved end: so many times fewer sets. They are asked for ranges alone. */
const FEWER = 5;
/** Of the progress: two fits, and about three ends. */
const PARTS = 5;

/** Plain data, from which a population runs anywhere: a thread, another machine. */
export interface ChainTask extends Omit<ChainOptions, 'progress'> {
  readonly rows: readonly ComparedRow[];
  /** Bytes of the rows that are fitted; the others are predicted. */
  readonly from: readonly number[];
}

/** @throws NoFitError, OptionError for an option that it does not have, or a value out of range */
export function calibrate(options: CalibrationOptions = {}): Calibration {
  const { progress } = options;
  const steps = calibration(options);
  let [done, next] = [0, steps.next()];
  while (next.done !== true) {
    const { tasks, expected } = next.value;
    // One after the other, and none after one that found nothing.
    const chains: Chain[] = [];
    for (const task of tasks) {
      const chain = runTask(task, (share) => progress?.(Math.min(1, (done + share) / expected)));
      done++;
      chains.push(chain);
      if (!('places' in chain)) break;
    }
    next = steps.next(chains);
  }
  return next.value;
}

/**
 * The same calibration, to the byte, on whatever runs its populations: many at once.
 * @param run rejects only if it cannot run any more
 * @throws as `calibrate`, and what `run` rejects with
 */
export async function calibrateOn(
  run: (task: ChainTask) => Promise<Chain>,
  options: CalibrationOptions = {},
): Promise<Calibration> {
  const steps = calibration(options);
  let [done, next] = [0, steps.next()];
  while (next.done !== true) {
    const { tasks, expected } = next.value;
    const chains = await Promise.all(
      tasks.map(async (task) => {
        const chain = await run(task);
        options.progress?.(Math.min(1, ++done / expected));
        return chain;
      }),
    );
    next = steps.next(chains);
  }
  return next.value;
}

/** Runs a population. @param progress is told of it, from 0 to 1 */
export function runTask(task: ChainTask, progress?: (share: number) => void): Chain {
  const { rows, from, ...options } = task;
  const wanted = COVER_LETTER_INTERVALS.map((row) => (from.includes(row.bytes) ? row : null));
  return runChain(new Surrogate(rows), wanted, { ...options, ...(progress ? { progress } : {}) });
}

/** Populations that can run at once, and how many a calibration has in all, as far as that is known. */
interface CalibrationStep {
  readonly tasks: readonly ChainTask[];
  readonly expected: number;
}

/** Asks for populations, step by step, and is given what they found. */
function* calibration(
  options: CalibrationOptions,
): Generator<CalibrationStep, Calibration, readonly Chain[]> {
  check_options('calibrate', options, {
    seed: whole(0, 2 ** 31 - 1),
    sets: whole(1),
    thin: whole(1),
    populations: whole(1),
    progress: a_function,
  });
  const { seed = 1, sets = 10_000, thin = THIN, populations = 4 } = options;
  const rows = coverLetterRows();
  const surrogate = new Surrogate(rows);
  const tasksOf = (from: readonly number[], part: number, ranges?: Ranges): ChainTask[] =>
    chainsOf(surrogate, {
      seed: seed + Math.min(part, 1),
      sets: ranges ? Math.ceil(sets / FEWER) : sets,
      populations,
      ...(ranges ? { ranges } : {}),
      // Two columns leave so much room that walkers mix in a fraction of the time; moved ends need ranges alone.
      thin: part === 0 ? thin : Math.ceil(thin / 4),
    }).map((chain) => ({ ...chain, rows, from }));
  const every = COVER_LETTER.map((row) => row.bytes);
  const both = yield {
    tasks: [...tasksOf(every, 0), ...tasksOf(TWO_COLUMNS, 1)],
    expected: PARTS * populations,
  };
  const all = fitOf(surrogate, both.slice(0, populations));
  const preset = centre(all, surrogate);
  const two = fitOf(surrogate, both.slice(populations));
  const reports = (f: Fit): ParameterReport[] =>
    f.names.map((name, k) => parameterReport(name, f, k));
  const [parameters, sums] = [reports(all), sumReports(all, seed)];
  const pressed = pressedEnds(parameters);
  const chains = yield {
    tasks: pressed.flatMap(({ name, end, moved_to }, i) => {
      const [min, max] = priorOf(name);
      return tasksOf(every, 2 + i, { [name]: end === 'min' ? [moved_to, max] : [min, moved_to] });
    }),
    expected: (2 + pressed.length) * populations,
  };
  const ends = pressed.map((one, i) => {
    const moved = fitOf(surrogate, chains.slice(i * populations, (i + 1) * populations));
    const ranges = [
      ...movedRanges(parameters, reports(moved)),
      ...movedRanges(sums, sumReports(moved, seed)),
    ];
    return { ...one, fit: fitReport(moved), ranges };
  });
  const judged = (report: ParameterReport): ParameterReport => {
    const gone = ends.some(({ name: end, ranges }) =>
      // One that follows its own end is where the end is.
      ranges.some(({ name, holds }) => name === report.name && (!holds || end === name)),
    );
    return gone ? { ...report, identified: 'within ends' } : report;
  };
  return {
    seed,
    layout: 'fresh',
    fit: fitReport(all),
    parameters: parameters.map(judged),
    sums: sums.map(judged),
    ends,
    not_exercised: COST_PARAMETERS.map((p) => p.name).filter((name) => !all.names.includes(name)),
    figures: figures(surrogate, preset),
    preset,
    two_columns: {
      from: TWO_COLUMNS,
      fit: fitReport(two),
      predicted: predictions(two, surrogate),
    },
  };
}

function fitReport(f: Fit): FitReport {
  return {
    sets: f.sets.length,
    populations: f.populations,
    walkers: f.walkers,
    evaluations: f.evaluations,
    acceptance: round(f.acceptance),
    r_hat_max: round(Math.max(...f.rHat)),
    effective_sets_min: Math.round(Math.min(...f.effectiveSize)),
  };
}

function parameterReport(name: CostName, f: Fit, k: number): ParameterReport {
  const prior = priorOf(name);
  const accepted = spreadOf(f.sets.map((set) => set[k] ?? NaN));
  const left = widthLeft(accepted, logUniform(...prior));
  return {
    name,
    unit: costParameter(name)?.unit ?? 'ns',
    prior,
    accepted,
    width_left: left,
    identified: identified(left),
  };
}

/** What sums are without any figure: draws from the prior. */
const PRIOR_DRAWS = 10_000;

function sumReports(f: Fit, seed: number): ParameterReport[] {
  const rng = xoroshiro128plus(seed);
  const drawn = Array.from({ length: PRIOR_DRAWS }, () =>
    Float64Array.from(f.names, (name) => {
      const [min, max] = priorOf(name);
      return min * (max / min) ** uniformFloat64(rng);
    }),
  );
  return SUMS.map(({ name, of }) => {
    const spread = (sets: readonly Float64Array[]): Spread =>
      spreadOf(sets.map((set) => of((one) => set[f.names.indexOf(one)] ?? NaN)));
    const prior = spread(drawn);
    const accepted = spread(f.sets);
    const left = widthLeft(accepted, prior);
    return {
      ...{ name, unit: 'ns' as const, prior: [prior.p5, prior.p95] as const },
      ...{ accepted, width_left: left, identified: identified(left) },
    };
  });
}

/** A value where the cover letter says nothing: the middle of its range, or what Linux has. */
function unexercised(name: CostName, cold: number): number {
  const [min, max] = priorOf(name);
  if (name === 'nvmeQueueDepth') return 1023;
  const middle = round(Math.sqrt(min * max));
  return name === 'copyWarmBytesPerS' ? Math.max(middle, cold) : middle;
}

/** The accepted set nearest to the mean of all, rounded, if it is still accepted then; else the next one. */
function centre(f: Fit, surrogate: Surrogate): CostParameters {
  for (const i of nearestToCentre(f.sets)) {
    const set = (f.sets[i] as Float64Array).map(round);
    if (excess(surrogate.evaluate(set), COVER_LETTER_INTERVALS) > 0) continue;
    const value = (name: CostName): number => set[f.names.indexOf(name)] ?? NaN;
    return Object.fromEntries(
      COST_PARAMETERS.map(({ name }) => [
        name,
        f.names.includes(name) ? value(name) : unexercised(name, value('copyColdBytesPerS')),
      ]),
    ) as unknown as CostParameters;
  }
  throw new Error('no accepted set stays accepted when it is rounded to four digits');
}

/** A set's figures beside the published ones. */
export function figures(surrogate: Surrogate, costs: CostParameters): Calibration['figures'] {
  return surrogate.explain(costs).map((row, i) => ({
    bytes: row.bytes,
    speedup: round(row.speedup),
    speedup_published: COVER_LETTER[i]?.speedup ?? NaN,
    unmap_reduction: round(row.unmapReduction),
    unmap_reduction_published: COVER_LETTER[i]?.unmapReduction ?? NaN,
    map_reduction: round(row.mapReduction),
    bound: row.pool.bound,
  }));
}

function predictions(f: Fit, surrogate: Surrogate): Calibration['two_columns']['predicted'] {
  const given = f.sets.map((set) => Float64Array.from(surrogate.evaluate(set)));
  return COVER_LETTER_INTERVALS.flatMap((row, i) => {
    if (TWO_COLUMNS.includes(row.bytes)) return [];
    const predict = (k: number, published: number, [lo, hi]: Interval): Prediction => {
      const spread = spreadOf(given.map((figure) => figure[3 * i + k] ?? NaN));
      return {
        published,
        ...spread,
        within_all: lo <= spread.max && hi >= spread.min,
        within_5_95: lo <= spread.p95 && hi >= spread.p5,
      };
    };
    return [
      {
        bytes: row.bytes,
        speedup: predict(0, COVER_LETTER[i]?.speedup ?? NaN, row.speedup),
        unmap_reduction: predict(1, COVER_LETTER[i]?.unmapReduction ?? NaN, row.unmapReduction),
      },
    ];
  });
}
