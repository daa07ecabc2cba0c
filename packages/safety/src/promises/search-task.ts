// SPDX-License-Identifier: GPL-2.0-only
// A piece of a search, and what it finds: plain data both, so that a piece runs in any thread.

import { OptionError } from '@iommu-bounce/linux-shim';
import { FAULT_MACHINES, FAULT_SCENARIOS, injectFaults } from '../faults';
import { checkModel } from '../model';
import { SCENARIOS, exploreSchedules } from '../schedules';

/** What to do. It is the same wherever it is done. */
export type SearchTask =
  /** A few runs of random operations, all drawn from one seed of 32 bits. */
  | { readonly search: 'operations'; readonly seed: number }
  /** Each failure of a scenario of FAULT_SCENARIOS alone, then so many pairs. */
  | { readonly search: 'faults'; readonly scenario: string; readonly pairs: number }
  /** Every order of the steps of a scenario of SCENARIOS, or so many. */
  | { readonly search: 'schedules'; readonly scenario: string; readonly limit: number };

export interface SearchPart {
  /** How many operations, faults or schedules were tried. */
  readonly count: number;
  /** One line for each failure that breaks a promise; the same one maybe several times. */
  readonly failures: readonly string[];
}

/** Findings of the series' own code that a failure can show; the others are of the code around it. */
const OF_THE_SERIES = [17, 21];

/** @throws OptionError for a scenario that there is not */
export function runSearchTask(task: SearchTask): SearchPart {
  switch (task.search) {
    case 'operations':
      return operations(task.seed);
    case 'faults':
      return faults(task.scenario, task.pairs);
    case 'schedules':
      return schedules(task.scenario, task.limit);
  }
}

/** What correct drivers do, on usual machines with the series. */
function operations(seed: number): SearchPart {
  // One operation at least is one set of runs.
  const { operations: count, failure } = checkModel({ seed, operations: 1, stage: 4 });
  return { count, failures: failure ? [failure.what] : [] };
}

function faults(name: string, pairs: number): SearchPart {
  const scenario = FAULT_SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new OptionError(`'${name}' is no scenario of faults`);
  const machines = FAULT_MACHINES.slice(0, 1);
  const { tried, failures } = injectFaults({ machines, scenarios: [scenario], pairs });
  return {
    count: tried.single + tried.pairs + tried.limits,
    failures: failures
      .filter(({ finding }) => finding === null || OF_THE_SERIES.includes(finding))
      .map(({ finding, what }) =>
        finding === null
          ? `${name}: ${what}`
          : `finding ${String(finding)}: ${withoutNumbers(what)}`,
      ),
  };
}

function schedules(scenario: string, limit: number): SearchPart {
  const found = exploreSchedules({ scenario, limit });
  return {
    count: found.schedules,
    // What a scenario is known to show is a finding, and breaks no promise by itself.
    failures: found.failures
      .filter(({ kind }) => SCENARIOS[scenario]?.finds.includes(kind) !== true)
      .map(({ schedule, what }) => `${schedule}: ${what}`),
  };
}

/** `left behind: pages: 0 before, 1 after` is the same whatever the numbers are. */
function withoutNumbers(what: string): string {
  return what.replace(/: \d+ before, \d+ after/g, '');
}
