// SPDX-License-Identifier: GPL-2.0-only
// What `check --explore` prints: how many orders of steps were run, and what failed in them.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { Exploration } from '@iommu-bounce/safety';
import { count, plural } from '../show/format';
import { type Part, partsText } from '../show/parts';
import type { Screen } from '../show/text';

/** Classes of equivalent schedules, each with one of them. */
export interface CheckedClasses {
  /** Schedules that were begun beside those of the classes, and broken off. */
  readonly redundant: whole_number;
  /** One row for each. */
  readonly classes: readonly {
    /** Names the class: the same for equivalent schedules. */
    readonly hash: string;
    /** One of the class, for --schedule. */
    readonly schedule: string;
  }[];
  /** What running every schedule says of the classes; null: the scenario is too large for that, or some were not run. */
  readonly checked: {
    /** The classes are all there are, each there once. */
    readonly holds: boolean;
    /** Schedules that were run. */
    readonly schedules: whole_number;
    /** Classes among them. */
    readonly classes: whole_number;
    /** Why it does not hold. */
    readonly problems: readonly string[];
  } | null;
}

/** What `check --explore` prints: the orders of the steps of one scenario. */
export interface CheckExplorationDocument {
  /** Scenario of docs/schedules.md. */
  readonly scenario: string;
  /** Who does what in it. */
  readonly title: string;
  /** dpor: each class of equivalent schedules once; brute: every schedule; pct: random ones. */
  readonly algorithm: 'dpor' | 'brute' | 'pct';
  /** At most so many times a thread stopped that could have gone on; null: any number of times. */
  readonly preemptions: whole_number | null;
  /** Schedules that ran to their ends. */
  readonly schedules: whole_number;
  /** Classes of equivalent ones among them. */
  readonly classes: whole_number;
  /** Schedules that were broken off because what could follow is part of others. */
  readonly redundant: whole_number;
  /** Steps of all schedules together. */
  readonly steps: whole_number;
  /** All classes were visited; never where a data race was found. */
  readonly complete: boolean;
  /** Each kind of failure at each place once. */
  readonly failures: readonly {
    /** `data-race`, `deadlock`, `oops`, … */
    readonly kind: string;
    /** In words. */
    readonly what: string;
    /** The first schedule that has it, for --schedule. */
    readonly schedule: string;
  }[];
  /** With --certificate, else null. */
  readonly certificate: CheckedClasses | null;
}

type Asked = Pick<CheckExplorationDocument, 'title' | 'algorithm' | 'preemptions' | 'certificate'>;

export function explorationDocument(
  { scenario, schedules, classes, redundant, steps, complete, failures }: Exploration,
  { title, algorithm, preemptions, certificate }: Asked,
): CheckExplorationDocument {
  return {
    ...{ scenario, title, algorithm, preemptions },
    ...{ schedules, classes, redundant, steps, complete },
    failures: failures.map(({ kind, what, schedule }) => ({ kind, what, schedule })),
    certificate,
  };
}

export function checkExplorationText(document: CheckExplorationDocument, screen: Screen): string {
  const { scenario, title, failures, certificate } = document;
  const parts: Part[] = [`Scenario ${scenario}: ${title}. ${whatWasRun(document)}`];
  if (failures.length === 0) parts.push('Nothing went wrong.');
  else
    parts.push({
      title: 'What went wrong, with the first schedule that has it',
      head: ['kind', 'what', 'iommu-bounce check --schedule'],
      rows: failures.map(({ kind, what, schedule }) => [kind, what, schedule]),
      numbersFrom: Infinity,
    });
  if (certificate) parts.push(certificateText(certificate, document.complete));
  return partsText(parts, screen);
}

function whatWasRun(document: CheckExplorationDocument): string {
  const { algorithm, preemptions, schedules, classes, redundant, steps, complete } = document;
  const mean = schedules === 0 ? 0 : steps / schedules;
  const ran = `${plural(schedules, 'schedule')} of ${mean.toFixed(1)} steps on average`;
  const brokenOff = redundant === 0 ? '' : `, ${count(redundant)} more were broken off`;
  if (algorithm === 'pct')
    return `${ran}, at random, were of ${plural(classes, 'class', 'classes')}; there may be more.`;
  const bound = preemptions === null ? '' : ` with at most ${plural(preemptions, 'preemption')}`;
  const of =
    algorithm === 'dpor' ? ', one of each class' : `, of ${plural(classes, 'class', 'classes')}`;
  return `${ran}${of}${bound}${brokenOff}; ${complete ? 'there are no other classes' : whyNot(document)}.`;
}

function whyNot({ preemptions, failures }: CheckExplorationDocument): string {
  if (failures.some(({ kind }) => kind === 'data-race'))
    return 'not complete: what a data race does depends on more than the order of the steps';
  if (preemptions !== null) return 'orders with more preemptions were not run';
  return 'not complete: it stopped at --limit';
}

function certificateText({ classes, checked }: CheckedClasses, complete: boolean): string {
  const listed = `Certificate: ${plural(classes.length, 'class', 'classes')} (--json lists them)`;
  if (checked === null)
    return `${listed}; not checked, as ${complete ? 'the scenario has too many schedules' : 'they are not all'}.`;
  const ran = `every schedule was run, ${count(checked.schedules)} of ${plural(checked.classes, 'class', 'classes')}`;
  return checked.holds
    ? `${listed}, which holds: ${ran}.`
    : `${listed}, which does not hold: ${checked.problems.join('; ')} (${ran}).`;
}
