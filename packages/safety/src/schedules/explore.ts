// SPDX-License-Identifier: GPL-2.0-only
// Explores the schedules of a scenario, and shows one of them step by step.

import { OptionError } from '@iommu-bounce/linux-shim';
import {
  check_options,
  flag,
  an_object,
  one_of,
  type shape_of,
  text,
  whole,
  fields,
  needed,
} from '@iommu-bounce/linux-shim/options';
import type { Certificate } from './certificate';
import { siteOf } from './detect/places';
import {
  Executor,
  type Failure,
  type Outcome,
  type ProgramFactory,
  type Strategy,
} from './executor';
import { GoOn, scheduleOf, threadsOf } from './schedule-string';
import { SCENARIOS, type Scenario } from './scenarios';
import type { Derived } from './scenarios/derived-classes';
import { Brute } from './search/brute';
import { type Clocks, foataHash } from './search/clocks';
import { Dpor, type Part } from './search/dpor';
import { Pct } from './search/pct';
import { KIND_NAMES, NOTHING } from './touch';

export interface ExploreOptions {
  /** A name of SCENARIOS. */
  readonly scenario: string;
  /**
   * `dpor`: each class of equivalent schedules once. `brute`: every schedule. `pct`: random ones, of which a bug that needs
   * few orderings is found with a known probability. Default `dpor`.
   */
  readonly algorithm?: 'dpor' | 'brute' | 'pct';
  /** At most so many times a thread stops that could have gone on; with `brute` only. Default: any number. */
  readonly preemptions?: number;
  /** Schedules after which it stops. Default: none for `dpor` and `brute`, 10,000 for `pct`. */
  readonly limit?: number;
  /** Of `pct`, 32 bits. Default 1. */
  readonly seed?: number;
  /** Orderings that a bug may need, of `pct`. Default 3. */
  readonly depth?: number;
  /** One of several parts of the classes, to be explored at the same time; with `dpor` only. */
  readonly part?: Part;
  /** Whether a certificate is wanted. Default false. */
  readonly certificate?: boolean;
  /** The code that runs, in place of the port's: a mutant. */
  readonly derived?: Derived;
}

export interface FailedSchedule extends Failure {
  /** For replaySchedule. */
  readonly schedule: string;
}

export interface Exploration {
  readonly scenario: string;
  /** Schedules that ran to their ends. */
  readonly schedules: number;
  /** Classes of equivalent ones among them. */
  readonly classes: number;
  /** Schedules that were broken off because what could follow is part of others. */
  readonly redundant: number;
  /** Steps of all schedules together. */
  readonly steps: number;
  /**
   * All classes were visited (of the part, if there is one). Never where a data race was found: what the two accesses do
   * then depends on more than the order of the steps.
   */
  readonly complete: boolean;
  /** Each kind of failure at each place once, with the first schedule that has it. */
  readonly failures: readonly FailedSchedule[];
  readonly certificate?: Certificate;
}

const PART: shape_of<Part> = { index: needed(whole(0)), of: needed(whole(1)), depth: whole(1, 64) };
const OPTIONS: shape_of<ExploreOptions> = {
  scenario: needed(text),
  algorithm: one_of('dpor', 'brute', 'pct'),
  preemptions: whole(0),
  limit: whole(1),
  seed: whole(),
  depth: whole(1, 64),
  part: fields<Part>(PART),
  certificate: flag,
  derived: an_object,
};

/** @throws OptionError when there is no such scenario */
export function scenarioOf(name: string): Scenario {
  const found = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (found === undefined)
    throw new OptionError(
      `scenario is '${name}': expected one of ${Object.keys(SCENARIOS).join(', ')}`,
    );
  return found;
}

/** @throws OptionError for an option that it does not have, or a value out of range */
export function exploreSchedules(options: ExploreOptions): Exploration {
  check_options('exploreSchedules', options, OPTIONS);
  const { scenario, derived } = options;
  return exploreProgram(scenarioOf(scenario).program(derived), options);
}

interface Search extends Strategy {
  readonly clocks: Clocks;
  next(): Outcome | null;
}

function searchOf(rt: Executor, options: ExploreOptions): Search {
  switch (options.algorithm ?? 'dpor') {
    case 'dpor':
      return new Dpor(rt, options.part);
    case 'brute':
      return new Brute(rt, options.preemptions);
    case 'pct':
      return new Pct(rt, options.seed ?? 1, options.limit ?? 10_000, options.depth);
  }
}

/** The same for a program that is no scenario of the list. */
export function exploreProgram(program: ProgramFactory, options: ExploreOptions): Exploration {
  const rt = new Executor(program);
  const search = searchOf(rt, options);
  rt.setStrategy(search);
  const { limit = Infinity, algorithm = 'dpor', certificate = false } = options;
  const failures = new Map<string, FailedSchedule>();
  const seen = new Map<string, string>();
  const keep = certificate || algorithm !== 'dpor';
  let schedules = 0;
  let steps = 0;
  let outcome = search.next();
  for (; outcome !== null; outcome = search.next()) {
    schedules++;
    steps += rt.depth;
    if (keep) keepClass(rt, search.clocks, outcome, seen, options.scenario);
    for (const { kind, what } of rt.failures)
      if (!failures.has(kind + what))
        failures.set(kind + what, {
          kind,
          what,
          schedule: `${options.scenario}:${scheduleOf(rt)}`,
        });
    if (schedules >= limit) break;
  }
  const races = [...failures.values()].some(({ kind }) => kind === 'data-race');
  const complete =
    outcome === null && algorithm !== 'pct' && options.preemptions === undefined && !races;
  const redundant = search instanceof Dpor ? search.redundant : 0;
  const classes = [...seen].map(([hash, schedule]) => ({ hash, schedule }));
  return {
    scenario: options.scenario,
    schedules,
    classes: keep ? seen.size : schedules,
    redundant,
    steps,
    complete,
    failures: [...failures.values()],
    ...(certificate
      ? { certificate: { scenario: options.scenario, algorithm, complete, redundant, classes } }
      : {}),
  };
}

function keepClass(
  rt: Executor,
  clocks: Clocks,
  outcome: Outcome,
  seen: Map<string, string>,
  scenario: string,
): void {
  const hash = `${foataHash(rt, clocks)}${outcome === 'complete' ? '' : ` ${outcome}`}`;
  if (!seen.has(hash)) seen.set(hash, `${scenario}:${scheduleOf(rt)}`);
}

export interface ReplayedStep {
  /** The thread's name. */
  readonly thread: string;
  /** `lock`, `alloc`, … */
  readonly operation: string;
  /** What it is done to. */
  readonly object: string;
  /** The line of the port, `io-buffer-pool.ts:590`, or nothing. */
  readonly place: string;
  /** True if the thread before could have gone on. */
  readonly preempts: boolean;
}

export interface Replay {
  readonly scenario: string;
  readonly outcome: Outcome;
  readonly steps: readonly ReplayedStep[];
  readonly failures: readonly Failure[];
}

/**
 * Runs one schedule, as exploreSchedules names it, and tells its steps.
 * @throws OptionError for a text that is none, or that the scenario does not have
 */
export function replaySchedule(schedule: string, derived?: Derived): Replay {
  const colon = schedule.indexOf(':');
  const scenario = colon < 0 ? schedule : schedule.slice(0, colon);
  const program = scenarioOf(scenario).program(derived);
  return { scenario, ...replayProgram(program, colon < 0 ? '' : schedule.slice(colon + 1)) };
}

/** The same for a program that is no scenario of the list. */
export function replayProgram(program: ProgramFactory, schedule: string): Omit<Replay, 'scenario'> {
  const rt = new Executor(program);
  rt.setStrategy(new GoOn(rt));
  const choices = threadsOf(schedule);
  choices.forEach((t, d) => {
    rt.prefix[d] = t;
  });
  rt.prefixLength = choices.length;
  const outcome = rt.run();
  if (rt.depth < choices.length && outcome !== 'oops')
    throw new OptionError(
      `schedule is '${schedule}': at step ${String(rt.depth + 1)} that thread cannot go on`,
    );
  const steps = Array.from({ length: rt.depth }, (_, d) => stepOf(rt, d));
  return { outcome, steps, failures: rt.failures };
}

function stepOf(rt: Executor, d: number): ReplayedStep {
  const before = d > 0 ? (rt.thread[d - 1] as number) : NOTHING;
  const a = rt.a[d] as number;
  return {
    thread: rt.threads[rt.thread[d] as number]?.name ?? '',
    operation: KIND_NAMES[rt.kind[d] as number] ?? '',
    object: a === NOTHING ? '' : (rt.names[a >> 2] ?? ''),
    place: siteOf(rt.site[d] as number),
    preempts:
      before >= 0 && before !== rt.thread[d] && ((rt.enabled[d] as number) & (1 << before)) !== 0,
  };
}
