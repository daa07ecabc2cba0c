// SPDX-License-Identifier: GPL-2.0-only
// `check`: the promises of the series against the evidence, and the findings, each shown on a machine.

import type { Command } from 'commander';
import type * as Safety from '@iommu-bounce/safety';
import type { Finding, ShownFinding, Tried } from '@iommu-bounce/safety';
import { FIXES, type Fix, fixPrices, fixesNamed } from '@iommu-bounce/simulation';
import { OptionError } from '@iommu-bounce/linux-shim';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { type OnProgress, Progress } from '../progress';
import { checkReport } from '../reports/check';
import { checkReportFile, writeReport } from '../reports/write-report';
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
  checkPricesText,
  checkPromisesText,
  checkScheduleText,
} from '../tables/check-findings';
import { commandLine } from './command-line';
import { jsonOption, printResult } from './json';
import { option, reportOption, wholeNumber } from './option-values';

interface CheckOptions {
  readonly finding?: string;
  readonly fix?: string;
  readonly list?: boolean;
  readonly prices?: boolean;
  readonly schedule?: string;
  readonly seconds: string;
  readonly seed: string;
  readonly json?: boolean;
  readonly report?: string;
}

const MOST_SECONDS = 86_400;

export function addCheck(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('check')
    .description('the promises of the series, proved or broken by running it; its findings, shown')
    .option('--finding <numbers>', 'show these findings, e.g. 2 or 8,9')
    .option('--fix <names>', 'with these fixes on: names, or numbers of findings')
    .option('--list', 'list the findings and their fixes, and run nothing')
    .option(
      '--schedule <text>',
      'run one order of steps, as a search or docs/schedules.md names it',
    )
    .option('--prices', 'what each fix, or those of --fix, costs on the table of fio')
    .option('--seconds <n>', 'how much to search beside the findings: about so long', '60')
    .option('--seed <n>', 'of the random operations', '1')
    .addOption(jsonOption('check'))
    .addOption(reportOption())
    .action(async (options: CheckOptions) => {
      end(await check(options, io, commandLine(program)));
    });
}

async function check(options: CheckOptions, io: CommandIo, typed: string): Promise<ExitStatus> {
  const seconds = wholeNumber('--seconds', options.seconds, 0, MOST_SECONDS);
  const seed = wholeNumber('--seed', options.seed, 0, 2 ** 31 - 1);
  // It loads the machines and searches: other verbs start without them.
  const safety = await import('@iommu-bounce/safety');
  const chosen = findingsOf(safety, options.finding);
  const fixes = options.fix === undefined ? [] : fixesOf(options.fix);
  const { report, json } = options;
  if (options.list === true) {
    if (report !== undefined || fixes.length > 0 || options.prices === true)
      throw new UsageError('--list: lists the findings; expected no --fix, --prices, --report');
    const document = { findings: (chosen ?? safety.FINDINGS).map(listed) };
    printResult(io, json, document, (screen) => checkListText(document, screen));
    return 0;
  }
  if (options.schedule !== undefined) {
    const { schedule } = options;
    if (report !== undefined || chosen || fixes.length > 0 || options.prices === true)
      throw new UsageError('--schedule: runs one schedule of the series; expected no other option');
    const document = scheduleOf(safety, schedule);
    printResult(io, json, document, (screen) => checkScheduleText(document, screen));
    return document.failures.length > 0 ? 1 : 0;
  }
  if (options.prices === true) {
    if (report !== undefined || chosen)
      throw new UsageError('--prices: lists prices of fixes; expected no --finding, no --report');
    const document = prices(fixes, io);
    printResult(io, json, document, (screen) => checkPricesText(document, screen));
    return 0;
  }
  if (report !== undefined) checkReportFile(report);
  const document = run(safety, chosen, fixes, { seconds, seed }, io);
  if (report !== undefined) writeReport(report, checkReport(document, typed));
  printResult(io, json, document, (screen) =>
    chosen ? checkFindingsText(document, screen) : checkPromisesText(document, screen),
  );
  return isBroken(document) ? 1 : 0;
}

function run(
  safety: typeof Safety,
  chosen: readonly Finding[] | null,
  fixes: readonly Fix[],
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
  io: CommandIo,
): CheckDocument {
  const { FINDINGS, judge, showFinding } = safety;
  const progress = new Progress(io, 'check');
  try {
    const shown = (chosen ?? FINDINGS).map((finding, i, all): ShownFinding => {
      progress.show(`finding ${String(finding.id)}`, i / all.length);
      return showFinding(finding, fixes);
    });
    const tried = chosen ? [] : search(safety, seconds, seed, progress.show);
    return checkDocument(chosen ? [] : judge(shown, tried), tried, shown);
  } finally {
    progress.done();
  }
}

/** I/Os of each run: the figures change little with more. */
const PRICE_IOS = 2000;

function prices(fixes: readonly Fix[], io: CommandIo): CheckPricesDocument {
  const progress = new Progress(io, 'check');
  try {
    return pricesDocument(
      PRICE_IOS,
      fixPrices(PRICE_IOS, fixes.length > 0 ? fixes : FIXES, progress.show),
    );
  } finally {
    progress.done();
  }
}

/** Each search for an equal share of the time. */
function search(
  { SEARCHES }: typeof Safety,
  seconds: number,
  seed: number,
  progress: OnProgress,
): Tried[] {
  if (seconds === 0) return [];
  return SEARCHES.map(({ kind, run: runOne }, i) => ({
    kind,
    ...runOne(seconds / SEARCHES.length, seed, (share) => {
      progress(kind, (i + share) / SEARCHES.length);
    }),
  }));
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
  try {
    const replayed = replaySchedule(schedule);
    return scheduleDocument(schedule, scenarioOf(replayed.scenario).title, replayed);
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(`--schedule: ${error.message}`);
    throw error;
  }
}

/** @throws UsageError */
function fixesOf(text: string): Fix[] {
  return option('--fix', () => fixesNamed(text));
}
