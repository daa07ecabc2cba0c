// SPDX-License-Identifier: GPL-2.0-only
// `fio [JOBFILE]`: fio on a simulated drive behind an IOMMU, under one policy or several.

import type { Command } from 'commander';
import {
  BASES,
  type FioDocument,
  type FioJob,
  type FlagTexts,
  JOB_FLAGS,
  LAYOUT_NAMES,
  COVER_LETTER,
  COVER_LETTER_IOS,
  POLICIES,
  REQUEST_LIMITS,
  type Policy,
  type PresetName,
  USUAL_MACHINE,
  USUAL_POLICIES,
  baseNamed,
  flagOfOneJob,
  hasJobFlags,
  jobFromFlags,
  jobGroups,
  coverLetterJobs,
  onBase,
  policiesNamed,
  presetInfo,
  readJobFile,
  requestLimits,
  runExperiment,
  splitLimits,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { UsageError, oneLine } from '../errors';
import { fioTables } from '../tables/fio';
import { fioReport } from '../reports/fio';
import { speedupSvg } from '../reports/speedup-svg';
import { readText, readTextOrNot } from '../files';
import { type CommandIo, type ExitStatus, screenOf } from '../io';
import { reflowed } from '../show/text';
import { checkReportFile, writeReport } from '../reports';
import { withProgress } from '../progress';
import { commandLine } from './command-line';
import { type CostOptions, costsOf, withCostOptions } from './cost-options';
import { addScenarioOptions, scenario } from './fio-scenario';
import { jsonOption, printResult } from './json';
import {
  collect,
  fixedPolicies,
  layoutNamed,
  option,
  reportOption,
  wholeNumber,
  withFixOption,
} from './option-values';

interface FioOptions extends CostOptions {
  readonly policy?: string;
  readonly fix?: string;
  readonly base?: string;
  readonly bs?: readonly string[];
  readonly cpus?: string;
  readonly layout?: string;
  readonly seed?: string;
  readonly data: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly svg?: boolean;
  readonly report?: string;
  readonly [jobFlag: string]: unknown;
}

const MOST_CPUS = 64;
/** The cover letter's, where flags describe a job. */
const COVER_LETTER_FLAGS = { rw: 'read', iodepth: '64' } as const;
const COVER_LETTER_SIZES = COVER_LETTER.map(({ bytes }) => String(bytes));

export function addFio(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  const command = program
    .command('fio')
    .description(
      "fio on a simulated NVMe drive behind an IOMMU; without arguments the cover letter's experiment",
    )
    .argument('[jobfile]', "jobs in fio's own format; flags replace what it says")
    .option(
      '--policy <names>',
      `${POLICIES.map(({ name }) => name).join(', ')}; several with commas, or all`,
      USUAL_POLICIES.join(','),
    );
  for (const { flags, what } of JOB_FLAGS)
    if (flags.startsWith('--bs '))
      command.option(flags, `${what}; may be given several times`, collect);
    else command.option(flags, what);
  addScenarioOptions(command);
  withFixOption(
    withCostOptions(
      command,
      `; without --scenario and --workload also a limit of a request's size: ${REQUEST_LIMITS.map(({ name }) => name).join(', ')}`,
    ),
  )
    .option(
      '--base <version>',
      `kernel whose IOMMU code all policies run on: ${BASES.join(', ')}; default: each on 5.13, where it can`,
    )
    .option('--cpus <n>', 'virtual CPUs', String(USUAL_MACHINE.cpus))
    .option('--layout <name>', `guest memory: ${LAYOUT_NAMES.join(', ')}`, USUAL_MACHINE.layout)
    .option('--seed <n>', 'seed of everything random', String(USUAL_MACHINE.seed))
    .option('--no-data', 'do not move data: faster, but nothing is checked')
    .option(
      '--strict',
      'refuse jobs of which something is ignored or taken for granted, instead of a warning',
    )
    .addOption(jsonOption('fio'))
    .option('--svg', 'the speed-up by block size as a picture: docs/speedup.svg is its output')
    .addOption(reportOption(' with charts as one self-contained file'))
    .addHelpText(
      'after',
      reflowed(
        "\nDefaults of job flags are the cover letter's: --bs 4k, 16k, 64k and 128k in turn, --iodepth 64, --number-ios 100000." +
          '\nBeside a job file, job flags count for each of its jobs and replace what it says about the same matter.',
        screenOf(io),
      ),
    )
    .action((file: string | undefined, options: FioOptions) => {
      const typed = commandLine(program);
      end(scenario(command, file, io, typed) ?? fio(file, options, io, typed));
    });
}

function fio(
  file: string | undefined,
  options: FioOptions,
  io: CommandIo,
  typed: string,
): ExitStatus {
  if (options.json === true && options.svg === true)
    throw new UsageError('--json and --svg: expected one of the two');
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(oneLine(text));
  };
  const settings = splitLimits(options.set);
  const { preset, costs } = costsOf({ ...options, set: settings.others });
  const experiment = {
    groups: groupsOf(file, options, warn),
    warnings,
    policies: policiesOf(options, preset),
    preset,
    cost: costs,
    cpus: wholeNumber('--cpus', options.cpus ?? String(USUAL_MACHINE.cpus), 1, MOST_CPUS),
    layout: layoutNamed(options.layout ?? USUAL_MACHINE.layout),
    seed: wholeNumber('--seed', options.seed ?? String(USUAL_MACHINE.seed), 0, 2 ** 31 - 1),
    moveData: options.data,
    limits: option('--set', () => requestLimits(settings.limits)),
  };
  if (options.strict === true && warnings.length > 0)
    throw new UsageError(`--strict: ${warnings.join('; ')}`);
  for (const text of warnings) io.err(`warning: ${text}\n`);
  if (options.report !== undefined) checkReportFile(options.report);
  const document = withProgress(io, 'fio', (show) => runExperiment(experiment, show));
  if (options.report !== undefined)
    writeReport(options.report, fioReport({ document, command: typed, warnings }));
  if (options.svg === true) io.out(pictureOf(document));
  else printResult(io, options.json, document, (screen) => fioTables(document, screen));
  return document.runs.some((run) => wrongsOf(run).length > 0) ? 1 : 0;
}

/** @throws UsageError */
function policiesOf({ policy, fix, base: wanted }: FioOptions, preset: PresetName): Policy[] {
  const policies = [
    ...option('--policy', () => policiesNamed(policy ?? USUAL_POLICIES.join(','))),
    ...fixedPolicies(fix),
  ];
  if (wanted === undefined) return policies;
  const { iommu } = presetInfo(preset);
  return option('--base', () => {
    const base = baseNamed(wanted);
    return policies.map((one) => onBase(one, base, iommu));
  });
}

function pictureOf(document: FioDocument): string {
  if (document.comparison.length === 0)
    throw new UsageError('--svg: shows the speed-up; expected reads under strict and pool');
  return speedupSvg(document.comparison);
}

function groupsOf(
  file: string | undefined,
  options: FioOptions,
  warn: (text: string) => void,
): FioJob[][] {
  const { bs, ...others } = options;
  if (file !== undefined) return groupsOfFile(file, bs, others, warn);
  if (bs === undefined && !hasJobFlags(others)) return jobGroups(coverLetterJobs(COVER_LETTER_IOS));
  const mix = others['bsrange'] !== undefined || others['bssplit'] !== undefined;
  const sizes: readonly (string | undefined)[] = bs ?? (mix ? [undefined] : COVER_LETTER_SIZES);
  return sizes.map((size) => {
    const { job, warnings } = jobFromFlags(
      { ...COVER_LETTER_FLAGS, ...others, bs: size },
      COVER_LETTER_IOS,
    );
    warnings.forEach(warn);
    return [job];
  });
}

/** Flags count for every job of the file: the last word is the command line's. */
function groupsOfFile(
  file: string,
  bs: readonly string[] | undefined,
  others: FlagTexts,
  warn: (text: string) => void,
): FioJob[][] {
  const named = flagOfOneJob(others);
  if (named !== null) throw new UsageError(`${named}: the jobs of ${file} have names of their own`);
  if (bs !== undefined && bs.length > 1)
    throw new UsageError(`--bs: expected one beside a job file, got ${bs.join(' and ')}`);
  const { jobs, warnings } = readJobFile(
    file,
    {
      read: (path) => (path === file ? readText(path, 'a text file') : readTextOrNot(path)),
      environment: process.env,
    },
    { ...others, bs: bs?.[0] },
  );
  warnings.forEach(warn);
  return jobGroups(jobs);
}
