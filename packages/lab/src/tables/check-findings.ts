// SPDX-License-Identifier: GPL-2.0-only
// `check` on a terminal: promises, findings by severity, and a finding with all that is seen.

import { SEVERITIES, withoutFix } from '@iommu-bounce/safety/light';
import { count } from '../show/format';
import { type Part, type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';
import type {
  CheckDocument,
  CheckListDocument,
  CheckScheduleDocument,
  CheckedFinding,
  SeenRow,
  ListedFinding,
} from './check-document';

export function checkPromisesText(document: CheckDocument, screen: Screen): string {
  const parts = [
    checkAnswer(document),
    promiseTable(document),
    ...triedParts(document),
    findingTable(document.findings, shownAndFix),
    'iommu-bounce check --finding N shows one: bytes, addresses and lists, without the pool, with the series, with its fix.',
  ];
  return partsText(parts, screen);
}

export function checkAnswer({ promises, findings }: CheckDocument): string {
  const broken = promises.filter(({ holds }) => !holds).length;
  const shown = findings.filter((one) => one.shown).length;
  const fixed = findings.filter((one) => one.fixed === true).length;
  return `${String(broken)} of ${String(promises.length)} promises of the series break. ${String(shown)} of ${String(findings.length)} findings show; ${String(fixed)} are gone with their fix.`;
}

export function promiseTable({ promises }: CheckDocument): TablePart {
  return {
    title: 'Promises of version 1 of the series',
    head: ['promise', 'holds', 'evidence', 'broken by findings'],
    rows: promises.map(({ statement, holds, evidence, broken_by }) => [
      statement,
      holds ? 'yes' : 'NO',
      evidence,
      broken_by.join(', '),
    ]),
    numbersFrom: Infinity,
  };
}

/** What was tried beside the findings, and what failed. */
export function triedParts({ operations, schedules, faults, promises }: CheckDocument): Part[] {
  const counts = Object.entries({ operations, schedules, faults }).flatMap(([what, n]) =>
    n === undefined ? [] : [`${count(n)} ${what}`],
  );
  const failures = promises.flatMap((one) => one.failures);
  return [
    ...(counts.length > 0 ? [`Tried beside the findings: ${counts.join(', ')}.`] : []),
    ...(failures.length > 0 ? [failures] : []),
  ];
}

export function checkListText({ findings }: CheckListDocument, screen: Screen): string {
  return partsText([findingTable(findings, (one) => [one.fix ?? 'none'], ['fix'])], screen);
}

/** The last columns of findings that were run. */
export function shownAndFix({ shown, fix }: CheckedFinding): string[] {
  return [shown ? 'yes' : 'no', fix ?? 'none'];
}

/** The worst first. */
export function findingTable<T extends ListedFinding>(
  findings: readonly T[],
  more: (finding: T) => string[],
  heads: readonly string[] = ['shown', 'fix'],
): TablePart {
  const sorted = SEVERITIES.flatMap((severity) =>
    findings.filter((one) => one.severity === severity),
  );
  return {
    title: 'Findings, the worst first',
    head: ['severity', 'finding', 'what', 'by', ...heads],
    rows: sorted.map((one) => [one.severity, String(one.id), one.title, one.cause, ...more(one)]),
    numbersFrom: Infinity,
    keys: 3,
  };
}

export function checkFindingsText({ findings }: CheckDocument, screen: Screen): string {
  return findings.map((one) => partsText(findingParts(one), screen)).join('\n');
}

const PREEMPTS = '*';
/** Stands at what is wrong. */
const MARK = '←';

export function findingParts(finding: CheckedFinding): Part[] {
  const { id, title, severity, cause, harm, where, later, fix, design, no_overlay } = finding;
  return [
    `Finding ${String(id)}: ${title}`,
    [
      `how bad: ${severity}, by ${cause}: ${harm}`,
      `where: ${where.join(', ')}`,
      `later: ${later}`,
      fix === null ? `fix: ${withoutFix(design ?? '', no_overlay)}` : `fix: --fix ${fix}`,
    ],
    finding.steps.map((text, i) => `${String(i + 1)}. ${text}`),
    {
      title: `What is seen; ${MARK} marks the finding.`,
      head: ['', ...finding.columns],
      rows: finding.rows.map(cells),
      numbersFrom: Infinity,
      ruled: true,
    },
    verdict(finding),
  ];
}

function cells({ what, values, wrong }: SeenRow): string[] {
  return [
    what,
    ...values.map((value, i) => (wrong[i] === true ? `${value ?? ''} ${MARK}` : (value ?? ''))),
  ];
}

function verdict({ columns, rows, fixed_without_pool }: CheckedFinding): string {
  const each = columns.map((title, i) => {
    const shown = rows.some(({ wrong }) => wrong[i] === true);
    return `${title}: ${shown ? 'shown' : 'not shown'}`;
  });
  if (fixed_without_pool !== null)
    each.push(
      `${columns.at(-1) ?? ''} and without the pool: ${fixed_without_pool ? 'not shown' : 'shown'}`,
    );
  return `${each.join('; ')}.`;
}

/** One column for each thread, a line for each step. */
export function checkScheduleText(document: CheckScheduleDocument, screen: Screen): string {
  const { scenario, title, outcome, steps, failures } = document;
  const threads = [...new Set(steps.map(({ thread }) => thread))];
  return partsText(
    [
      `Scenario ${scenario}: ${title}. ${String(steps.length)} steps${outcome === 'complete' ? ', all threads ended' : `, then ${outcome}`}.`,
      {
        title: `Steps; ${PREEMPTS} where the thread before could have gone on.`,
        head: ['step', ...threads, 'where'],
        rows: steps.map(({ thread, operation, object, place, preempts }, i) => [
          `${String(i + 1)}${preempts ? ` ${PREEMPTS}` : ''}`,
          ...threads.map((name) => (name === thread ? `${operation} ${object}`.trim() : '')),
          place,
        ]),
        numbersFrom: Infinity,
        keys: 1,
      },
      failures.length === 0
        ? 'Nothing went wrong.'
        : failures.map(({ kind, what }) => `${kind}: ${what}`),
    ],
    screen,
  );
}
