// SPDX-License-Identifier: GPL-2.0-only
// `check` on a terminal: promises, findings by severity, and a finding with all that is seen.

import { SEVERITIES } from '@iommu-bounce/safety/light';
import { blockSize, count } from '../show/format';
import { type Part, type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';
import type {
  CheckDocument,
  CheckListDocument,
  CheckPricesDocument,
  CheckScheduleDocument,
  CheckedFinding,
  SeenRow,
  ListedFinding,
} from './check-document';

export function checkPromisesText(document: CheckDocument, screen: Screen): string {
  return partsText(checkParts(document), screen);
}

/** The answer, promises, findings by severity. */
export function checkParts(document: CheckDocument): Part[] {
  const { promises, findings } = document;
  const broken = promises.filter(({ holds }) => !holds).length;
  const shown = findings.filter((one) => one.shown).length;
  const fixed = findings.filter((one) => one.fixed === true).length;
  return [
    `${String(broken)} of ${String(promises.length)} promises of the series break. ${String(shown)} of ${String(findings.length)} findings show; ${String(fixed)} are gone with their fix.`,
    promiseTable(document),
    ...triedLines(document),
    findingTable(findings, (one) => [one.shown ? 'yes' : 'no', one.fix ?? 'none']),
    'iommu-bounce check --finding N shows one: bytes, addresses and lists, without the pool, with the series, with its fix.',
  ];
}

function promiseTable({ promises }: CheckDocument): TablePart {
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

function triedLines({ operations, schedules, faults, promises }: CheckDocument): Part[] {
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

/** The worst first. */
function findingTable<T extends ListedFinding>(
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
  const { id, title, severity, cause, harm, where, later, fix, design } = finding;
  return [
    `Finding ${String(id)}: ${title}`,
    [
      `how bad: ${severity}, by ${cause}: ${harm}`,
      `where: ${where.join(', ')}`,
      `later: ${later}`,
      fix === null ? `fix: none here; ${design ?? ''}` : `fix: --fix ${fix}`,
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

function verdict({ columns, rows }: CheckedFinding): string {
  const each = columns.map((title, i) => {
    const shown = rows.some(({ wrong }) => wrong[i] === true);
    return `${title}: ${shown ? 'shown' : 'not shown'}`;
  });
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

export function checkPricesText(document: CheckPricesDocument, screen: Screen): string {
  return partsText(priceParts(document), screen);
}

/** Changes below this are shown as none: %, or interrupts. */
const LEAST = 0.05;

export function priceParts({ ios, prices }: CheckPricesDocument): Part[] {
  const sizes = prices[0]?.sizes ?? [];
  const percent = (share: number): string => {
    const value = 100 * share;
    return Math.abs(value) < LEAST ? '0' : `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(1)}`;
  };
  const isFree = (one: (typeof prices)[number]): boolean =>
    one.sizes.every(({ throughput, cpu }) => percent(throughput) === '0' && percent(cpu) === '0');
  const free = prices.filter(isFree).map(({ fix }) => fix);
  const table = (title: string, of: 'throughput' | 'cpu'): TablePart => ({
    title,
    head: ['fix', 'findings', ...sizes.map(({ rw, bs }) => `${rw} ${blockSize(bs)}`)],
    rows: prices
      .filter((one) => !isFree(one))
      .map(({ fix, findings, sizes: own }) => [
        fix,
        findings.join(', '),
        ...own.map((one) => percent(one[of])),
      ]),
    numbersFrom: 2,
    keys: 1,
  });
  const interrupts = prices.flatMap(({ fix, sizes: own }) =>
    own
      .filter((one) => Math.abs(one.interrupts) >= LEAST)
      .map(
        ({ rw, bs, interrupts: n }) =>
          `${fix} ${n > 0 ? '+' : '−'}${Math.abs(n).toFixed(2)} at ${rw} ${blockSize(bs)}`,
      ),
  );
  return [
    `What the fixes cost: the pool with each of them against the pool, from the cost model, not measured; ${count(ios)} I/Os at queue depth 64.`,
    table('Change of throughput, %', 'throughput'),
    table('Change of CPU time per I/O, %', 'cpu'),
    ...(free.length > 0
      ? [`No change on this table, whose I/Os may not take their paths: ${free.join(', ')}.`]
      : []),
    ...(interrupts.length > 0
      ? [
          `Interrupts per I/O change: ${interrupts.join(', ')}. A completion that takes longer can go on until the next one is there, and saves its interrupt: so more work can take less time.`,
        ]
      : []),
    'The drive limits throughput at 64k and 128k. The model charges copies, clears, locks, allocations and requests, not single instructions.',
  ];
}
