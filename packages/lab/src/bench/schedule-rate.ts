// SPDX-License-Identifier: GPL-2.0-only
// How many schedules the explorer does in a second of one core, and how many it does with generators alone.

import { Dpor, Executor, type ProgramFactory, scenarioOf } from '@iommu-bounce/safety';

/** What is explored, again and again. */
const SCENARIOS = ['map-unmap', 'same-permission', 'lazy', 'virtio'] as const;
/** Rounds before those, in which V8 compiles what is called. */
const WARM_UP = 3;

export interface ScheduleRate {
  /** A name of `exploreSchedules`. */
  readonly scenario: string;
  /** Of the first schedule. */
  readonly steps: number;
  /** By the time that the process had a CPU for: the most of all rounds. */
  readonly schedules_per_s: number;
  /** The same where no call is a plain function, measured in turn with it. */
  readonly generators_per_s: number;
  readonly ratio: number;
}

/**
 * @param rounds from 1 on
 * @param enough CPU time of a round at least, µs
 */
export function scheduleRates(
  rounds: number,
  scenarios: readonly string[] = SCENARIOS,
  enough = 300_000,
): ScheduleRate[] {
  return scenarios.map((scenario) => {
    const program = scenarioOf(scenario).program();
    const plain = new Executor(program);
    const generators = new Executor(withoutPlain(program));
    const most = { plain: 0, generators: 0 };
    for (let round = -WARM_UP; round < rounds; round++) {
      const one = rate(plain, enough);
      const other = rate(generators, enough);
      if (round < 0) continue;
      most.plain = Math.max(most.plain, one);
      most.generators = Math.max(most.generators, other);
    }
    return {
      scenario,
      steps: stepsOf(plain),
      schedules_per_s: Math.round(most.plain),
      generators_per_s: Math.round(most.generators),
      ratio: Math.round((100 * most.plain) / most.generators) / 100,
    };
  });
}

function withoutPlain(program: ProgramFactory): ProgramFactory {
  return (rt) => ({ ...program(rt), plain: false });
}

function stepsOf(rt: Executor): number {
  const search = new Dpor(rt);
  rt.setStrategy(search);
  search.next();
  return rt.depth;
}

/** Schedules between two looks at the clock, which takes as long as some of them. */
const AT_ONCE = 256;

/** Schedules per second of CPU time, over whole explorations. */
function rate(rt: Executor, enough: number): number {
  const before = process.cpuUsage();
  let schedules = 0;
  for (;;) {
    for (const end = schedules + AT_ONCE; schedules < end;) {
      const search = new Dpor(rt);
      rt.setStrategy(search);
      while (search.next() !== null) schedules++;
    }
    const { user, system } = process.cpuUsage(before);
    if (user + system >= enough) return (schedules * 1e6) / (user + system);
  }
}
