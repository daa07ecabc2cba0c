// SPDX-License-Identifier: GPL-2.0-only
// `lint CAPTURE…`: wrong and fragile use of the DMA API, as far as a capture shows it.

import type { Command } from 'commander';
import {
  LINT_RULES,
  Linter,
  type LintRule,
  SEVERITIES,
  type Severity,
  type TraceFacts,
  type Recording,
  findRecordings,
  readCpuFiles,
  recordingCounters,
  readFacts,
  readTrace,
} from '@iommu-bounce/dma-trace';
import { cpusOf } from '../compare/read-files';
import { refuseRepeatedLines } from '../compare/repeated';
import { UsageError } from '../errors';
import { statOrNot } from '../files';
import type { CommandIo, ExitStatus } from '../io';
import type { OnProgress } from '../progress';
import { FindingsOverTime, type LintedLines, excerptsOf, lintReport } from '../reports/lint';
import { lintSarif } from '../reports/sarif';
import { checkReportFile, writeReport } from '../reports/write-report';
import { factsBeside } from '../spool';
import { lintRulesText, lintText } from '../tables/lint';
import { nearNames } from '../tables/near-names';
import {
  type LintDocument,
  type Linted,
  describeRule,
  lintDocument,
} from '../tables/lint-document';
import { commandLine } from './command-line';
import { jsonOption, printResult } from './json';
import { factsOption } from './machine-options';
import { reportOption } from './option-values';
import { withCaptures } from './with-captures';
import { type Replacing, checkWritable, writeFile } from '../write-file';

type PathOf = (file: string) => string;

interface LintOptions {
  readonly facts?: string;
  readonly only?: string;
  readonly ignore?: string;
  readonly failOn: string;
  readonly rules?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly sarif?: string;
  readonly report?: string;
}

const SARIF: Replacing = {
  what: 'SARIF file',
  makeFolders: true,
  isOurs: (head) => head.includes('"name": "iommu-bounce lint"'),
};

export function addLint(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('lint')
    .description(
      'wrong and fragile use of the DMA API in a capture, and what would break with bounce buffers',
    )
    .argument('[capture...]', 'captures or kernel logs, - is stdin')
    .addOption(factsOption())
    .option('--only <rules>', 'only these rules, e.g. double-unmap,unmap-size')
    .option('--ignore <rules>', 'not these rules')
    .option(
      '--fail-on <severity>',
      `exit with 1 from this severity on: ${SEVERITIES.join(', ')}, never`,
      'error',
    )
    .option('--rules', 'list the rules: what each needs, and what it cannot see')
    .option('--verbose', 'name the rules that found nothing, or were not checked')
    .addOption(jsonOption('lint'))
    .option('--sarif <file>', 'write SARIF 2.1.0; - is stdout, in place of the text')
    .addOption(reportOption())
    .action(async (files: string[], options: LintOptions) => {
      end(await lint(files, options, io, commandLine(program)));
    });
}

async function lint(
  files: readonly string[],
  options: LintOptions,
  io: CommandIo,
  typed: string,
): Promise<ExitStatus> {
  const rules = rulesOf(options);
  const failOn = failOnOf(options.failOn);
  const { sarif, report } = options;
  const json = options.json === true;
  if (options.rules === true) {
    if (files.length > 0 || sarif !== undefined || report !== undefined)
      throw new UsageError(
        '--rules: lists the rules; expected no capture, no --sarif and no --report',
      );
    const described = rules.map(describeRule);
    printResult(io, json, { rules: described }, (screen) => lintRulesText(described, screen));
    return 0;
  }
  if (files.length === 0) throw new UsageError('lint: expected a capture, or --rules');
  if (sarif === '-' && json)
    throw new UsageError('--sarif -: cannot be combined with --json: both write to stdout');
  if (sarif !== undefined && sarif !== '-') checkWritable(sarif, SARIF);
  if (report !== undefined) checkReportFile(report);
  const { document, lines } = await lintFiles(files, options, rules, failOn, io);
  if (report !== undefined) writeReport(report, lintReport(document, lines, typed));
  if (sarif !== undefined) {
    const text = lintSarif(document, rules.map(describeRule), process.cwd());
    if (sarif === '-') io.out(text);
    else writeFile(sarif, text, SARIF);
  }
  if (sarif !== '-')
    printResult(io, json, document, (screen) =>
      lintText(document, options.verbose === true, screen),
    );
  return document.failed ? 1 : 0;
}

interface LintedFiles {
  readonly document: LintDocument;
  /** What a report has beside it; empty without one. */
  readonly lines: readonly LintedLines[];
}

async function lintFiles(
  files: readonly string[],
  options: LintOptions,
  rules: readonly LintRule[],
  failOn: LintDocument['fail_on'],
  io: CommandIo,
): Promise<LintedFiles> {
  const facts = options.facts === undefined ? null : await readFacts(options.facts);
  return withCaptures(io, 'lint', files, async (pathOf, progress) => {
    await refuseRepeatedLines(files, pathOf);
    const linted: Linted[] = [];
    const overTime: FindingsOverTime[] = [];
    const recordings = await findRecordings(files, pathOf);
    for (const [i, recording] of recordings.entries()) {
      const own = facts ?? (await factsOf(recording.files, pathOf));
      const show: OnProgress = (file, share) => {
        progress(
          `${String(i + 1)} of ${String(recordings.length)}: ${file}`,
          (i + share) / recordings.length,
        );
      };
      const times = options.report === undefined ? null : new FindingsOverTime();
      if (times) overTime.push(times);
      linted.push(await lintCapture(recording, pathOf, own, rules, times, show));
    }
    const document = lintDocument(linted, failOn);
    const lines: LintedLines[] = [];
    for (const [i, times] of overTime.entries()) {
      const capture = document.captures[i];
      if (!capture) continue;
      const figures = times.figures(linted[i]?.result.findings ?? []);
      lines.push({ excerpts: await excerptsOf(capture, pathOf), overTime: figures });
    }
    return { document, lines };
  });
}

/** The first that lie beside one of the files. */
async function factsOf(files: readonly string[], pathOf: PathOf): Promise<TraceFacts | null> {
  for (const file of files) {
    const { facts } = await factsBeside(file, pathOf(file));
    if (facts) return facts;
  }
  return null;
}

async function lintCapture(
  { files, byContent }: Recording,
  pathOf: PathOf,
  facts: TraceFacts | null,
  rules: readonly LintRule[],
  times: FindingsOverTime | null,
  show: OnProgress,
): Promise<Linted> {
  const sizeOf = (file: string): number => statOrNot(pathOf(file))?.size ?? 0;
  const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
  const readers = files.map((file) => readTrace(file, pathOf(file)));
  const linter = new Linter(facts, times?.found ?? null);
  for await (const { file, events } of readCpuFiles(readers)) {
    linter.beginFile(file);
    times?.see(events);
    linter.add(events);
    const read = readers.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    show(file, Math.min(1, read / Math.max(1, bytes)));
  }
  const result = linter.finish(readers, rules);
  const counters = recordingCounters(readers);
  const cpus = cpusOf(readers.map(({ header }) => header));
  return { files, byContent, result, counters, cpus };
}

/** @throws UsageError for a rule that there is not, or if none is left */
function rulesOf({ only, ignore }: LintOptions): LintRule[] {
  const wanted = only === undefined ? null : named('--only', only);
  const unwanted = ignore === undefined ? [] : named('--ignore', ignore);
  const rules = (wanted ?? LINT_RULES).filter((rule) => !unwanted.includes(rule));
  if (rules.length === 0)
    throw new UsageError(
      '--ignore: no rule is left; expected one rule at least that is not ignored (iommu-bounce lint --rules lists them)',
    );
  return LINT_RULES.filter((rule) => rules.includes(rule));
}

function named(option: string, text: string): LintRule[] {
  return text.split(',').map((word) => {
    const rule = LINT_RULES.find(({ id }) => id === word.trim());
    if (rule) return rule;
    const near = nearNames(
      word.trim(),
      LINT_RULES.map(({ id }) => id),
    );
    const expected = near.length > 0 ? `${near.join(', ')} or another of ` : 'one of ';
    throw new UsageError(
      `${option}: rule '${word}' is unknown; expected ${expected}those that iommu-bounce lint --rules lists`,
    );
  });
}

function failOnOf(text: string): Severity | 'never' {
  const found = ([...SEVERITIES, 'never'] as const).find((one) => one === text);
  if (found === undefined)
    throw new UsageError(`--fail-on: expected ${SEVERITIES.join(', ')} or never, got '${text}'`);
  return found;
}
