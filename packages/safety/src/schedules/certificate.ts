// SPDX-License-Identifier: GPL-2.0-only
// A certificate: the classes of a scenario, each with a schedule of it. And its checker, which shares no code with the
// searches: it runs every schedule there is, and works out for itself which are equivalent.

import type { Derived } from './scenarios/derived-classes';
import { SCENARIOS } from './scenarios';
import { Executor, type ProgramFactory } from './executor';

export interface CertifiedClass {
  /** Names the class: the same for equivalent schedules. */
  readonly hash: string;
  readonly schedule: string;
}

export interface Certificate {
  readonly scenario: string;
  readonly algorithm: string;
  readonly complete: boolean;
  /** Schedules that were begun beside those of the classes, and broken off; 0: each class was begun once, too. */
  readonly redundant: number;
  readonly classes: readonly CertifiedClass[];
}

export interface CheckedCertificate {
  /** The classes are all there are, each there once. */
  readonly holds: boolean;
  /** Schedules that were run. */
  readonly schedules: number;
  /** Classes among them. */
  readonly classes: number;
  /** Why it does not hold. */
  readonly problems: readonly string[];
}

/**
 * Checks a certificate by running every schedule of its scenario; for small ones.
 * @param limit schedules after which it gives up. Default 2,000,000
 */
export function checkCertificate(
  certificate: Certificate,
  limit = 2_000_000,
  derived?: Derived,
): CheckedCertificate {
  const scenario = SCENARIOS[certificate.scenario];
  if (scenario === undefined)
    return { holds: false, schedules: 0, classes: 0, problems: ['no such scenario'] };
  return checkProgram(certificate, scenario.program(derived), limit);
}

export function checkProgram(
  certificate: Certificate,
  program: ProgramFactory,
  limit = 2_000_000,
): CheckedCertificate {
  const rt = new Executor(program);
  const problems: string[] = [];
  const claimed = new Map<string, string>();
  for (const { schedule } of certificate.classes) {
    const form = normalForm(run(rt, decode(schedule)));
    const other = claimed.get(form);
    if (other !== undefined) problems.push(`${other} and ${schedule} are of one class`);
    claimed.set(form, schedule);
  }
  const found = new Set<string>();
  let schedules = 0;
  // Depth first: the choices of the last schedule, the last of which that can be raised is raised.
  let next: number[] | null = [];
  while (next !== null && schedules < limit) {
    const steps = run(rt, next);
    schedules++;
    found.add(normalForm(steps));
    next = null;
    for (let d = steps.length - 1; d >= 0 && next === null; d--) {
      const { thread, enabled } = steps[d] as Step;
      const higher = enabled.find((t) => t > thread);
      if (higher !== undefined) next = [...steps.slice(0, d).map((s) => s.thread), higher];
    }
  }
  if (next !== null) problems.push(`more than ${String(limit)} schedules`);
  for (const form of found) if (!claimed.has(form)) problems.push(`a class is missing: ${form}`);
  for (const [form, schedule] of claimed)
    if (!found.has(form)) problems.push(`${schedule} is of no class that was found`);
  return { holds: problems.length === 0, schedules, classes: found.size, problems };
}

interface Step {
  readonly thread: number;
  readonly touches: readonly number[];
  readonly enabled: readonly number[];
}

/** Runs the choices, then always the first thread that can go on. */
function run(rt: Executor, choices: readonly number[]): Step[] {
  rt.prefixLength = 0;
  rt.setStrategy({
    choose: (d, enabled) => {
      const t = choices[d];
      if (t !== undefined && t >= 0) return t;
      if (t === GO_ON && d > 0 && enabled & (1 << (rt.thread[d - 1] as number)))
        return rt.thread[d - 1] as number;
      return threads(enabled)[0] as number;
    },
  });
  rt.run();
  return Array.from({ length: rt.depth }, (_, d) => ({
    thread: rt.thread[d] as number,
    touches: [rt.a[d] as number, rt.b[d] as number, rt.c[d] as number],
    enabled: threads(rt.enabled[d] as number),
  }));
}

/** A choice after the end of a schedule's text: the thread that runs goes on. */
const GO_ON = -1;

function decode(schedule: string): number[] {
  const all: number[] = [];
  for (const [, letter = 'a', n] of schedule
    .slice(schedule.indexOf(':') + 1)
    .matchAll(/([a-z])(\d*)/g))
    for (let i = 0; i < Number(n === '' ? 1 : n); i++) all.push(letter.charCodeAt(0) - 97);
  return [...all, ...new Array<number>(4096).fill(GO_ON)];
}

function threads(mask: number): number[] {
  return Array.from({ length: 31 }, (_, t) => t).filter((t) => mask & (1 << t));
}

/** Foata: steps that depend on no other first, then those that depend on these, and so on; each as thread and number. */
function normalForm(steps: readonly Step[]): string {
  const counts: number[] = [];
  const levels: number[] = [];
  const form: string[][] = [];
  steps.forEach((step, d) => {
    let level = 0;
    for (let e = 0; e < d; e++)
      if (depend(steps[e] as Step, step)) level = Math.max(level, (levels[e] as number) + 1);
    levels.push(level);
    const n = (counts[step.thread] ?? 0) + 1;
    counts[step.thread] = n;
    (form[level] ??= []).push(`${String(step.thread)}.${String(n)}`);
  });
  return form.map((level) => level.sort().join(' ')).join(' | ');
}

function depend(one: Step, other: Step): boolean {
  if (one.thread === other.thread) return true;
  return one.touches.some((x) =>
    other.touches.some(
      (y) => x >= 0 && y >= 0 && Math.floor(x / 4) === Math.floor(y / 4) && (x % 4 || y % 4),
    ),
  );
}
