// SPDX-License-Identifier: GPL-2.0-only
// Searches for more than the known findings: random operations, failures, schedules. How much each tries follows from the
// seconds it is given by a fixed rate, so that the same call does the same on every machine.

import { FAULT_MACHINES, FAULT_SCENARIOS, injectFaults } from '../faults';
import { checkModel } from '../model';
import { SCENARIOS, exploreSchedules } from '../schedules';
import type { Search } from './check';

/** Operations, runs with failures, and schedules that a CPU of 2021 does in a second, roughly. */
const OPERATIONS_PER_SECOND = 3000;
const FAULTS_PER_SECOND = 150;
const SCHEDULES_PER_SECOND = 4000;

/** Findings of the series' own code that a failure can show; the others are of the code around it. */
const OF_THE_SERIES = [17, 21];

/** Whatever a driver may do, on any machine with the series. */
const operations: Search = {
  kind: 'operations',
  run: (seconds, seed, progress) => {
    const wanted = Math.ceil(seconds * OPERATIONS_PER_SECOND);
    const { operations: count, failure } = checkModel({
      seed,
      operations: wanted,
      stage: 4,
      onProgress: (done) => {
        progress(Math.min(1, done / wanted));
      },
    });
    return {
      count,
      tests: ['strict-protection', 'swiotlb-drivers', 'grows-on-demand'],
      failures: failure
        ? [
            `checkModel({ seed: ${String(seed)}, operations: ${String(wanted)}, stage: 4 }): ${failure.what}`,
          ]
        : [],
    };
  },
};

/** Each failure alone, then as many pairs as there is time for. */
const faults: Search = {
  kind: 'faults',
  run: (seconds, _, progress) => {
    const machines = FAULT_MACHINES.slice(0, 1);
    const pairs = Math.floor((seconds * FAULTS_PER_SECOND) / FAULT_SCENARIOS.length);
    let scenario = 0;
    const { tried, failures } = injectFaults({
      machines,
      pairs,
      onProgress: () => {
        progress(++scenario / FAULT_SCENARIOS.length);
      },
    });
    const lines = new Map<string, number>();
    for (const { finding, what, scenario: name } of failures) {
      if (finding !== null && !OF_THE_SERIES.includes(finding)) continue;
      const line =
        finding === null
          ? `${name}: ${what}`
          : `finding ${String(finding)}: ${withoutNumbers(what)}`;
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
    return {
      count: tried.single + tried.pairs + tried.limits,
      tests: ['falls-back'],
      failures: [...lines].map(([line, times]) => `${line}, in ${String(times)} of the runs`),
    };
  },
};

/** Every order of the steps of the scenarios, or as many as there is time for. */
const schedules: Search = {
  kind: 'schedules',
  run: (seconds, _, progress) => {
    const names = Object.keys(SCENARIOS);
    const limit = Math.max(1, Math.ceil((seconds * SCHEDULES_PER_SECOND) / names.length));
    const failures: string[] = [];
    let count = 0;
    names.forEach((scenario, i) => {
      progress(i / names.length);
      const found = exploreSchedules({ scenario, limit });
      count += found.schedules;
      // What a scenario is known to show is a finding, and breaks no promise by itself.
      for (const { kind, what, schedule } of found.failures)
        if (SCENARIOS[scenario]?.finds.includes(kind) !== true)
          failures.push(`${schedule}: ${what}`);
    });
    return {
      count,
      tests: ['strict-protection', 'swiotlb-drivers', 'grows-on-demand'],
      failures,
    };
  },
};

/** `left behind: pages: 0 before, 1 after` is the same whatever the numbers are. */
function withoutNumbers(what: string): string {
  return what.replace(/: \d+ before, \d+ after/g, '');
}

/** Searches that `check` runs, each for an equal share of the time. */
export const SEARCHES: readonly Search[] = [operations, faults, schedules];
