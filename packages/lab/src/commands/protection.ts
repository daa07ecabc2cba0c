// SPDX-License-Identifier: GPL-2.0-only
// `protection`: what a hostile device could read and change under each policy, beside what each costs.

import type { Command } from 'commander';
import { POLICIES, PRESET_NAMES, policiesNamed, presetNamed } from '@iommu-bounce/simulation';
import type * as Safety from '@iommu-bounce/safety';
import type { Operation } from '@iommu-bounce/safety';
import {
  MOST_OPERATIONS,
  USUAL_OPERATIONS,
  USUAL_PRESETS,
  USUAL_SPEED_IOS,
} from '@iommu-bounce/safety/light';
import { UsageError } from '../errors';
import { readText } from '../files';
import { type CommandIo, type ExitStatus, screenOf } from '../io';
import { withProgress } from '../progress';
import { checkReportFile, partsReport, protectionReport, writeReport } from '../reports';
import { partsText } from '../show/parts';
import { reflowed } from '../show/text';
import { protectionMarkdown, protectionParts, wrongsOfProtection } from '../tables/protection';
import { commandLine } from './command-line';
import { jsonOption, printResult } from './json';
import { fixedPolicies, option, reportOption, wholeNumber, withFixOption } from './option-values';

interface Options {
  readonly policy?: string;
  readonly fix?: string;
  readonly preset: string;
  readonly operations?: string;
  readonly seed: string;
  readonly ios: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly report?: string;
}

const MOST_IOS = 10_000_000;

export function addProtection(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  withFixOption(
    program
      .command('protection')
      .description(
        'what a hostile device could read and change under each policy, byte by byte, beside what each costs (simulated)',
      )
      .argument('[operations.json]', 'a list of operations; default: a mix that --seed makes')
      .option(
        '--policy <names>',
        `${POLICIES.map(({ name }) => name).join(', ')}; several with commas, or all (default: all, and the pool with each fix and with all)`,
      ),
  )
    .option(
      '--preset <names>',
      `machines, several with commas: ${PRESET_NAMES.join(', ')}`,
      USUAL_PRESETS.join(','),
    )
    .option('--operations <n>', `steps of the mix (default: ${String(USUAL_OPERATIONS)})`)
    .option('--seed <n>', 'seed of everything random', '1')
    .option(
      '--ios <n>',
      'reads of each run that gives a speed; 0: no speed',
      String(USUAL_SPEED_IOS),
    )
    .addOption(jsonOption('protection'))
    .option('--markdown', 'the tables for a Markdown page: those of docs/protection.md')
    .addOption(reportOption(' with a plot as one self-contained file'))
    .addHelpText(
      'after',
      reflowed(
        '\ndocs/protection.md explains the columns. Exit status 1: a run broke an invariant or left something behind (WRONG).',
        screenOf(io),
      ),
    )
    .action(async (file: string | undefined, options: Options) => {
      end(await protection(file, options, io, commandLine(program)));
    });
}

async function protection(
  file: string | undefined,
  options: Options,
  io: CommandIo,
  typed: string,
): Promise<ExitStatus> {
  if (options.json === true && options.markdown === true)
    throw new UsageError('--json and --markdown: expected one of the two');
  if (file !== undefined && options.operations !== undefined)
    throw new UsageError(`${file}: a list of operations and --operations; expected one of the two`);
  const { policy, fix } = options;
  const named = policy === undefined ? [] : option('--policy', () => policiesNamed(policy));
  const policies = [
    ...(fix !== undefined && policy === undefined ? policiesNamed('pool') : named),
    ...fixedPolicies(fix),
  ];
  // It loads the machines and searches: other verbs start without them.
  const safety = await import('@iommu-bounce/safety');
  const asked = {
    ...(policies.length > 0 ? { policies } : {}),
    presets: presetsNamed(options.preset),
    operations: operationsOf(safety, file, options.operations),
    seed: wholeNumber('--seed', options.seed, 0, 2 ** 31 - 1),
    speedIos: wholeNumber('--ios', options.ios, 0, MOST_IOS),
  };
  if (options.report !== undefined) checkReportFile(options.report);
  const document = withProgress(io, 'protection', (progress) =>
    safety.protectionOf({ ...asked, progress }),
  );
  if (options.report !== undefined)
    writeReport(options.report, partsReport({ ...protectionReport(document), command: typed }));
  if (options.markdown === true) io.out(protectionMarkdown(document));
  else
    printResult(io, options.json, document, (screen) =>
      partsText(protectionParts(document), screen),
    );
  return wrongsOfProtection(document).length > 0 ? 1 : 0;
}

/** @throws UsageError */
function presetsNamed(text: string): (typeof PRESET_NAMES)[number][] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name, i) => {
    if (names.indexOf(name) < i)
      throw new UsageError(`--preset: expected different machines, got ${name} twice`);
    return option('--preset', () => presetNamed(name));
  });
}

/** @throws UsageError for a file that is no list, or an operation that cannot be carried out */
function operationsOf(
  { checkOperations }: typeof Safety,
  file: string | undefined,
  count: string | undefined,
): number | readonly Operation[] {
  if (file === undefined)
    return count === undefined
      ? USUAL_OPERATIONS
      : wholeNumber('--operations', count, 1, MOST_OPERATIONS);
  const steps = listIn(file);
  option(file, () => {
    checkOperations(steps);
  });
  return steps;
}

function listIn(file: string): readonly Operation[] {
  const text = readText(file, 'a JSON array of operations');
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: expected JSON: ${error instanceof Error ? error.message : ''}`);
  }
  if (!Array.isArray(list) || list.length === 0)
    throw new UsageError(`${file}: expected an array of one operation or more`);
  return list as readonly Operation[];
}
