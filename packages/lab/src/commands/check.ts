// SPDX-License-Identifier: GPL-2.0-only
// `check`: the promises of the series against the evidence, and the findings, each shown on a machine.

import { isMainThread } from 'node:worker_threads';
import type { Command } from 'commander';
import type * as Safety from '@iommu-bounce/safety';
import type { Finding, ShownFinding, Tried } from '@iommu-bounce/safety';
import { FIXES, type Fix, fixPrices, fixesNamed } from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { type OnProgress, Progress, withProgress } from '../progress';
import { checkReport } from '../reports/check';
import { checkReportFile, writeReport } from '../reports/write-report';
import { LocalPool } from '../sweep/pool';
import { searchPartOf, searchPoint } from '../sweep/search-point';
import {
  type CheckDocument,
  type CheckPricesDocument,
  type CheckScheduleDocument,
  checkDocument,
  listed,
  pricesDocument,
  scheduleDocument,
} from '../tables/check-document';
import {
  checkFindingsText,
  checkListText,
  checkPromisesText,
  checkScheduleText,
} from '../tables/check-findings';
import { checkExplorationText } from '../tables/check-exploration';
import { checkPricesText } from '../tables/check-prices';
import {
  EXPLORE_HEEDS,
  type ExploreOptions,
  checkExploreOptions,
  explorationOf,
  withExploreOptions,
} from './check-explore';
import { commandLine } from './command-line';
import { jobsOf, jobsOption } from './engine-options';
import { jsonOption, printResult } from './json';
import { option, reportOption, wholeNumber } from './option-values';

interface CheckOptions extends ExploreOptions {
  readonly finding?: string;
  readonly fix?: string;
  readonly list?: boolean;
  readonly prices?: boolean;
  readonly schedule?: string;
  readonly seconds?: string;
  readonly seed?: string;
  readonly jobs?: string;
  readonly json?: boolean;
  readonly report?: string;
}

const SECONDS = 60;
const MOST_SECONDS = 86_400;
const SEED = 1;
/** Beside the seconds of the searches; so long takes one, roughly, where a search keeps to its seconds. */
const SECONDS_PER_FINDING = 0.03;

export function addCheck(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  const command = program
    .command('check')
    .description('the promises of the series, proved or broken by running it; its findings, shown')
    .option('--finding <numbers>', 'show these findings, e.g. 2 or 8,9')
    .option('--fix <names>', 'with these fixes on: names, or numbers of findings')
    .option('--list', 'list the findings and their fixes, and run nothing')
    .option(
      '--schedule <text>',
      'run one order of steps, as a search or docs/schedules.md names it',
    );
  withExploreOptions(command)
    .option('--prices', 'what each fix, or those of --fix, costs on the table of fio')
    .option(
      '--seconds <n>',
      `how much to search beside the findings, in seconds of one core (default: ${String(SECONDS)})`,
    )
    .option('--seed <n>', `of the random operations (default: ${String(SEED)})`)
    .addOption(jobsOption('pieces of the search'))
    .addOption(jsonOption('check'))
    .addOption(reportOption())
    .action(async (options: CheckOptions) => {
      end(await check(options, io, commandLine(program)));
    });
}

/** What it does in place of its usual work, with the other options that this heeds. */
const INSTEAD = {
  list: { heeds: ['finding'], does: 'lists the findings' },
  schedule: { heeds: [], does: 'runs one schedule of the series' },
  explore: { heeds: EXPLORE_HEEDS, does: 'runs the schedules of a scenario' },
  prices: { heeds: ['fix'], does: 'lists prices of fixes' },
  finding: { heeds: ['fix', 'report'], does: 'shows findings and searches for nothing' },
} as const;
type Instead = keyof typeof INSTEAD;

/**
 * The first of these that is asked for, or null.
 * @throws UsageError for an option that this would ignore
 */
function insteadOf(options: CheckOptions): Instead | null {
  const all = Object.keys(INSTEAD) as Instead[];
  const asked = all.find((one) => options[one] !== undefined);
  if (asked === undefined) return null;
  const { heeds, does } = INSTEAD[asked];
  const heeded: readonly string[] = [asked, 'json', ...heeds];
  const ignored = Object.keys(options).filter((name) => !heeded.includes(name));
  if (ignored.length > 0)
    throw new UsageError(
      `--${asked}: ${does}; expected no ${ignored.map((name) => `--${name}`).join(', no ')}`,
    );
  return asked;
}

interface SearchSize {
  readonly seconds: number;
  readonly seed: number;
  readonly jobs: number;
}

/** @throws UsageError */
function sizeOf({ seconds, seed, jobs }: CheckOptions): SearchSize {
  const size = {
    seconds: wholeNumber('--seconds', seconds ?? String(SECONDS), 0, MOST_SECONDS),
    seed: wholeNumber('--seed', seed ?? String(SEED), 0, 2 ** 31 - 1),
    // A point of a sweep has one core.
    jobs: jobs === undefined && !isMainThread ? 1 : jobsOf(jobs),
  };
  if (size.seconds === 0 && (seed !== undefined || jobs !== undefined))
    throw new UsageError(
      `--seconds 0: searches for nothing; expected no ${seed === undefined ? '--jobs' : '--seed'}`,
    );
  return size;
}

async function check(options: CheckOptions, io: CommandIo, typed: string): Promise<ExitStatus> {
  const instead = insteadOf(options);
  checkExploreOptions(options);
  const size = sizeOf(options);
  // It loads the machines and searches: other verbs start without them.
  const safety = await import('@iommu-bounce/safety');
  const chosen = findingsOf(safety, options.finding);
  const fixes = options.fix === undefined ? [] : fixesOf(options.fix);
  const { report, json } = options;
  if (instead === 'list') {
    const document = { findings: (chosen ?? safety.FINDINGS).map(listed) };
    printResult(io, json, document, (screen) => checkListText(document, screen));
    return 0;
  }
  if (instead === 'schedule') {
    const document = scheduleOf(safety, options.schedule ?? '');
    printResult(io, json, document, (screen) => checkScheduleText(document, screen));
    return document.failures.length > 0 ? 1 : 0;
  }
  if (instead === 'explore') {
    const document = explorationOf(safety, options, size.seed);
    printResult(io, json, document, (screen) => checkExplorationText(document, screen));
    const isRefuted = document.certificate?.checked?.holds === false;
    return document.failures.length > 0 || isRefuted ? 1 : 0;
  }
  if (instead === 'prices') {
    const document = prices(fixes, io);
    printResult(io, json, document, (screen) => checkPricesText(document, screen));
    return 0;
  }
  if (report !== undefined) checkReportFile(report);
  const document = await run(safety, chosen, fixes, size, io);
  if (report !== undefined) writeReport(report, checkReport(document, typed));
  printResult(io, json, document, (screen) =>
    chosen ? checkFindingsText(document, screen) : checkPromisesText(document, screen),
  );
  return isBroken(document) ? 1 : 0;
}

async function run(
  safety: typeof Safety,
  chosen: readonly Finding[] | null,
  fixes: readonly Fix[],
  size: SearchSize,
  io: CommandIo,
): Promise<CheckDocument> {
  const { FINDINGS, judge, showFinding } = safety;
  const wanted = chosen ?? FINDINGS;
  const ofFindings = SECONDS_PER_FINDING * wanted.length;
  const ofSearches = chosen ? 0 : size.seconds / threadsOf(size);
  // One clock for both.
  const all = ofFindings + ofSearches;
  const progress = new Progress(io, 'check');
  try {
    const shown = wanted.map((finding, i): ShownFinding => {
      progress.show(`finding ${String(finding.id)}`, (SECONDS_PER_FINDING * i) / all);
      return showFinding(finding, fixes);
    });
    const tried =
      ofSearches === 0
        ? []
        : await search(safety, size, (what, share) => {
            progress.show(what, (ofFindings + share * ofSearches) / all);
          });
    return checkDocument(chosen ? [] : judge(shown, tried), tried, shown);
  } finally {
    progress.done();
  }
}

/** I/Os of each run: the figures change little with more. */
const PRICE_IOS = 2000;

function prices(fixes: readonly Fix[], io: CommandIo): CheckPricesDocument {
  return withProgress(io, 'check', (show) =>
    pricesDocument(PRICE_IOS, fixPrices(PRICE_IOS, fixes.length > 0 ? fixes : FIXES, show)),
  );
}

/** As many as there is work of more than a second for. */
function threadsOf({ seconds, jobs }: SearchSize): number {
  return Math.max(1, Math.min(jobs, seconds));
}

/** On threads, where that is faster; what is found is the same. */
async function search(
  { runSearches, runSearchTask }: typeof Safety,
  size: SearchSize,
  progress: OnProgress,
): Promise<Tried[]> {
  const threads = threadsOf(size);
  const options = { seconds: size.seconds, seed: size.seed, progress };
  if (threads === 1) return runSearches(runSearchTask, options);
  const engine = await LocalPool.start(threads);
  try {
    return await runSearches(
      async (task) => {
        const outcome = await engine.run(searchPoint(task));
        if ('row' in outcome) return searchPartOf(outcome.row);
        throw new UsageError(
          `check: a piece of a search failed ${String(outcome.tries)} times (${outcome.error})`,
        );
      },
      { ...options, atOnce: engine.depth },
    );
  } finally {
    await engine.close();
  }
}

/** A promise, or a finding that was asked for. */
function isBroken({ promises, findings }: CheckDocument): boolean {
  return promises.length > 0
    ? promises.some(({ holds }) => !holds)
    : findings.some(({ shown }) => shown);
}

/** @throws UsageError for a number that is no finding's */
function findingsOf(
  { BY_READING, FINDINGS }: typeof Safety,
  text: string | undefined,
): readonly Finding[] | null {
  if (text === undefined) return null;
  const numbers = text.split(',').map((word) => word.trim());
  for (const word of numbers) {
    const read = BY_READING.find(({ id }) => String(id) === word);
    if (read)
      throw new UsageError(
        `--finding: ${word} was read only, no machine shows it: ${read.title} (docs/findings.md)`,
      );
    if (!FINDINGS.some(({ id }) => String(id) === word))
      throw new UsageError(
        `--finding: expected numbers of findings (iommu-bounce check --list lists them), got '${word}'`,
      );
  }
  return FINDINGS.filter(({ id }) => numbers.includes(String(id)));
}

/** @throws UsageError for what no scenario has */
function scheduleOf(
  { replaySchedule, scenarioOf }: typeof Safety,
  schedule: string,
): CheckScheduleDocument {
  const replayed = option('--schedule', () => replaySchedule(schedule));
  return scheduleDocument(schedule, scenarioOf(replayed.scenario).title, replayed);
}

/** @throws UsageError */
function fixesOf(text: string): Fix[] {
  return option('--fix', () => fixesNamed(text));
}
