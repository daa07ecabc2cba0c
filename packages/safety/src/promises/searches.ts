// SPDX-License-Identifier: GPL-2.0-only
// Searches for more than the known findings: random operations, failures, schedules. How much each tries follows from the
// seconds it is given by a fixed rate, so that the same call does the same on every machine, on any number of cores.

import { FAULT_SCENARIOS } from '../faults';
import { SCENARIOS } from '../schedules';
import type { Tried, TriedKind } from './check';
import type { SearchPart, SearchTask } from './search-task';

/** Operations, runs with failures, and schedules that a CPU of 2021 does in a second, roughly. */
const OPERATIONS_PER_SECOND = 3000;
const FAULTS_PER_SECOND = 150;
const SCHEDULES_PER_SECOND = 4000;

/** What `checkModel` does not do, or allows: `model/commands.ts`, `reference.ts` and `machine-kind.ts`. */
const MODEL_LEAVES_OUT =
  'by a model that allows findings 1 to 3, 20, 71 and 72, and does nothing of what 4 to 12, 14 to 17, 19, 21 to 29, 33, 58, 64, 70, 75, 77, 80, 81, 83 and 84 need';

/** A search as tasks, and what their results come to. */
interface Search {
  readonly kind: TriedKind;
  /** Promises that it tests. */
  readonly tests: readonly string[];
  /** What it cannot find. */
  readonly leavesOut?: string;
  /** The i-th task, or null: there are no more. */
  readonly task: (i: number) => SearchTask | null;
  /** It ends after the first parts that tried so many; Infinity: after the last task. */
  readonly wanted: number;
  /** Tasks, or what is wanted, for the share that is done. */
  readonly size: number;
  /** One line for each kind of failure, of the failures of all parts in order. */
  readonly lines: (failures: readonly string[]) => readonly string[];
}

const ON_ANY_MACHINE = ['strict-protection', 'swiotlb-drivers', 'grows-on-demand'];

function operations(seconds: number, seed: number): Search {
  const wanted = Math.ceil(seconds * OPERATIONS_PER_SECOND);
  return {
    kind: 'operations',
    tests: ON_ANY_MACHINE,
    leavesOut: MODEL_LEAVES_OUT,
    task: (i) => ({ search: 'operations', seed: (seed + i) | 0 }),
    wanted,
    size: wanted,
    lines: (failures) =>
      failures.map(
        (what) =>
          `checkModel({ seed: ${String(seed)}, operations: ${String(wanted)}, stage: 4 }): ${what}`,
      ),
  };
}

/** Each failure alone, then as many pairs as there is time for. */
function faults(seconds: number): Search {
  const pairs = Math.floor((seconds * FAULTS_PER_SECOND) / FAULT_SCENARIOS.length);
  return {
    kind: 'faults',
    tests: ['falls-back'],
    task: (i) => {
      const scenario = FAULT_SCENARIOS[i];
      return scenario ? { search: 'faults', scenario: scenario.name, pairs } : null;
    },
    wanted: Infinity,
    size: FAULT_SCENARIOS.length,
    lines: (failures) => {
      const times = new Map<string, number>();
      for (const line of failures) times.set(line, (times.get(line) ?? 0) + 1);
      return [...times].map(([line, n]) => `${line}, in ${String(n)} of the runs`);
    },
  };
}

/** Every order of the steps of the scenarios, or as many as there is time for. */
function schedules(seconds: number): Search {
  const names = Object.keys(SCENARIOS);
  const limit = Math.max(1, Math.ceil((seconds * SCHEDULES_PER_SECOND) / names.length));
  return {
    kind: 'schedules',
    tests: ON_ANY_MACHINE,
    task: (i) => {
      const scenario = names[i];
      return scenario === undefined ? null : { search: 'schedules', scenario, limit };
    },
    wanted: Infinity,
    size: names.length,
    lines: (failures) => failures,
  };
}

/** A search that is under way: its parts, whatever order they come in. */
class Running {
  private readonly parts: (SearchPart | undefined)[] = [];
  private given = 0;
  /** Parts from the first on that are there, and what they tried. */
  private whole = 0;
  private count = 0;
  private failed = false;

  constructor(readonly search: Search) {}

  /** The next task with its place; null: no more are needed, as far as is known. */
  next(): { readonly task: SearchTask; readonly at: number } | null {
    if (this.isEnough()) return null;
    const task = this.search.task(this.given);
    return task === null ? null : { task, at: this.given++ };
  }

  add(at: number, part: SearchPart): void {
    this.parts[at] = part;
    for (let next = this.parts[this.whole]; next && !this.isEnough();) {
      this.count += next.count;
      this.failed ||= next.failures.length > 0;
      next = this.parts[++this.whole];
    }
  }

  /** 0 to 1. */
  share(): number {
    const { size, wanted } = this.search;
    return Math.min(1, (wanted === Infinity ? this.whole : this.count) / size);
  }

  /** A search without a last task ends at its first failure, or when it has tried what is wanted. */
  private isEnough(): boolean {
    return this.search.wanted < Infinity && (this.failed || this.count >= this.search.wanted);
  }

  /** Parts that came behind the last one that is needed are left out. */
  tried(): Tried {
    const { kind, tests, leavesOut, lines } = this.search;
    const failures = this.parts.slice(0, this.whole).flatMap((part) => part?.failures ?? []);
    return {
      ...{ kind, count: this.count, tests, failures: lines(failures) },
      ...(leavesOut === undefined ? {} : { leavesOut }),
    };
  }
}

export interface SearchOptions {
  /** Above 0; all searches together, each for an equal share, at a fixed rate. */
  readonly seconds: number;
  /** Of what is drawn, 32 bits. */
  readonly seed: number;
  /** Tasks that are given out at the same time. Default 1. */
  readonly atOnce?: number;
  /** Told what was tried last, and the share of all that is done, 0 to 1. */
  readonly progress?: (what: TriedKind, share: number) => void;
}

/**
 * Runs all searches. What they find is the same for any `atOnce`, and whatever order the tasks end in.
 * @param run does a task, here or elsewhere; what it rejects with ends the search
 */
export async function runSearches(
  run: (task: SearchTask) => SearchPart | Promise<SearchPart>,
  { seconds, seed, atOnce = 1, progress }: SearchOptions,
): Promise<Tried[]> {
  const all = [operations, faults, schedules].map(
    (search, _, { length }) => new Running(search(seconds / length, seed)),
  );
  const share = (): number => all.reduce((sum, one) => sum + one.share(), 0) / all.length;
  // Short tasks of which there are enough come last, so that all threads end at the same time.
  const lastFirst = [...all].reverse();
  const work = async (): Promise<void> => {
    for (const one of lastFirst)
      for (let next = one.next(); next !== null; next = one.next()) {
        one.add(next.at, await run(next.task));
        progress?.(one.search.kind, share());
      }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return all.map((one) => one.tried());
}
