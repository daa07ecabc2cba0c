// SPDX-License-Identifier: GPL-2.0-only
// What `check` prints with --json: promises against evidence, and each finding as a machine shows it.

import type { FixPrice } from '@iommu-bounce/simulation';
import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type {
  Cause,
  Finding,
  KeptPromise,
  Replay,
  Severity,
  ShownFinding,
  Tried,
} from '@iommu-bounce/safety';

/** A finding of docs/findings.md. */
export interface ListedFinding {
  /** Its number in docs/findings.md. */
  readonly id: whole_number;
  /** What it is. */
  readonly title: string;
  /** How bad it is at its worst. */
  readonly severity: Severity;
  /** Who brings it about. */
  readonly cause: Cause;
  /** Who can do what to whom. */
  readonly harm: string;
  /** Functions of the C. */
  readonly where: readonly string[];
  /** Whether version 2 of the series or a later kernel mended it, with its source; or `not looked up`. */
  readonly later: string;
  /** Name of the fix that mends it; null: there is none here. */
  readonly fix: string | null;
  /** What would mend it, where there is no fix: another design, or with no_overlay a small change; null: there is one. */
  readonly design: string | null;
  /** Why no overlay here can make that small change; null: another design would mend it, or there is a fix. */
  readonly no_overlay: string | null;
}

/** What is seen at one place of a scenario. */
export interface SeenRow {
  /** The place. */
  readonly what: string;
  /** What was seen, one for each column; null: the run did not come so far. */
  readonly values: readonly (string | null)[];
  /** Whether that is what the finding is about, one for each column. */
  readonly wrong: readonly boolean[];
}

export interface CheckedFinding extends ListedFinding {
  /** Whether the series shows it; with --fix, whether it still does with these fixes. */
  readonly shown: boolean;
  /** Whether it is gone with its fix, or with those of --fix; null: no fix was tried. */
  readonly fixed: boolean | null;
  /** Whether it is gone without the pool too, with the same fixes; null: it does not show there, or no fix was tried. */
  readonly fixed_without_pool: boolean | null;
  /** What the scenario does. */
  readonly steps: readonly string[];
  /** Kernels that it ran on. */
  readonly columns: readonly string[];
  /** What is seen, place by place. */
  readonly rows: readonly SeenRow[];
}

/** A promise of version 1 of the series. */
export interface CheckedPromise {
  /** Short name. */
  readonly id: string;
  /** The promise, in our words. */
  readonly statement: string;
  /** Where the series makes it. */
  readonly source: string;
  /** Whether nothing that was tried breaks it. */
  readonly holds: boolean;
  /** What was tried, in words. */
  readonly evidence: string;
  /** Numbers of the findings that break it. */
  readonly broken_by: readonly whole_number[];
  /** What searches found that breaks it. */
  readonly failures: readonly string[];
}

export interface CheckDocument {
  /** Promises of the series; empty with --finding. */
  readonly promises: readonly CheckedPromise[];
  /** Operations of the DMA API that were tried; absent: no such search was run. */
  readonly operations?: whole_number;
  /** Orders of steps of several CPUs that were tried; absent: no such search was run. */
  readonly schedules?: whole_number;
  /** Failures that were injected; absent: no such search was run. */
  readonly faults?: whole_number;
  /** Findings, by number. */
  readonly findings: readonly CheckedFinding[];
}

/** What `check --list` prints. */
export interface CheckListDocument {
  /** Findings, by number. */
  readonly findings: readonly ListedFinding[];
}

/** Change that a fix makes, at one direction and size of I/O. */
export interface PricedSize {
  /** What the I/Os are. */
  readonly rw: 'read' | 'write';
  /** Bytes of an I/O. */
  readonly bs: whole_number;
  /** Relative change of throughput: -0.01 is one percent less. */
  readonly throughput: number;
  /** Relative change of CPU time per I/O: 0.01 is one percent more. */
  readonly cpu: number;
  /** Change of interrupts per I/O: -0.5 is one less for two I/Os, which the completion of the I/O before it takes with it. */
  readonly interrupts: number;
}

/** What `check --prices` prints. */
export interface CheckPricesDocument {
  /** No figure in here was measured. */
  readonly simulated: true;
  /** I/Os of each run. */
  readonly ios: whole_number;
  /** In the order in which the fixes are laid over the port. */
  readonly prices: readonly {
    /** Name of the fix. */
    readonly fix: string;
    /** Numbers of the findings that it mends. */
    readonly findings: readonly whole_number[];
    /** What it does. */
    readonly what: string;
    /** One for each direction and size. */
    readonly sizes: readonly PricedSize[];
  }[];
}

/** What `check --schedule` prints: one order of the steps of several CPUs. */
export interface CheckScheduleDocument {
  /** The schedule, as it was given. */
  readonly schedule: string;
  /** Scenario of docs/schedules.md. */
  readonly scenario: string;
  /** Who does what in it. */
  readonly title: string;
  /** How it ended: `complete`, or what stopped it. */
  readonly outcome: string;
  /** Steps, in their order. */
  readonly steps: readonly {
    /** Who takes it. */
    readonly thread: string;
    /** `lock`, `unlock`, `alloc`, … */
    readonly operation: string;
    /** What it is done to; empty: nothing. */
    readonly object: string;
    /** File and line of the port; empty: none. */
    readonly place: string;
    /** Whether the thread of the step before could have gone on. */
    readonly preempts: boolean;
  }[];
  /** What went wrong. */
  readonly failures: readonly {
    /** `data-race`, `deadlock`, `oops`, … */
    readonly kind: string;
    /** In words. */
    readonly what: string;
  }[];
}

/** @param title of the scenario */
export function scheduleDocument(
  schedule: string,
  title: string,
  { scenario, outcome, steps, failures }: Replay,
): CheckScheduleDocument {
  return {
    schedule,
    scenario,
    title,
    outcome,
    steps: steps.map(({ thread, operation, object, place, preempts }) => ({
      ...{ thread, operation, object, place, preempts },
    })),
    failures: failures.map(({ kind, what }) => ({ kind, what })),
  };
}

export function pricesDocument(ios: number, prices: readonly FixPrice[]): CheckPricesDocument {
  return {
    simulated: true,
    ios,
    prices: prices.map(({ fix: { name, findings, what }, sizes }) => ({
      fix: name,
      findings,
      what,
      sizes,
    })),
  };
}

export function listed(finding: Finding): ListedFinding {
  const { id, title, severity, cause, harm, where, later, fix } = finding;
  const { design = null, noOverlay = null } = finding;
  return { id, title, severity, cause, harm, where, later, fix, design, no_overlay: noOverlay };
}

export function checkDocument(
  promises: readonly KeptPromise[],
  tried: readonly Tried[],
  findings: readonly ShownFinding[],
): CheckDocument {
  return {
    promises: promises.map(({ promise, holds, evidence, brokenBy, failures }) => ({
      id: promise.id,
      statement: promise.statement,
      source: promise.source,
      holds,
      evidence,
      broken_by: brokenBy,
      failures,
    })),
    ...Object.fromEntries(tried.map(({ kind, count }) => [kind, count])),
    findings: findings.map(({ finding, shown, fixed, fixedWithoutPool, columns, rows }) => ({
      ...listed(finding),
      shown,
      fixed,
      fixed_without_pool: fixedWithoutPool,
      steps: finding.steps,
      columns: columns.map(({ title }) => title),
      rows,
    })),
  };
}
