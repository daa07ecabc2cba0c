// SPDX-License-Identifier: GPL-2.0-only
// `compare`: policies against each other, size by size, machine by machine, and which parameters decide between two.

import type { Command } from 'commander';
import {
  BASES,
  InputError,
  PRESET_NAMES,
  type PolicyComparison,
  type PresetName,
  type Setup,
  USUAL_MACHINE,
  baseNamed,
  comparePolicies,
  expectComparable,
  policiesNamed,
  presetNamed,
} from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import { type CommandIo, type ExitStatus, screenOf } from '../io';
import { Progress } from '../progress';
import { checkReportFile, comparisonReport, partsReport, writeReport } from '../reports';
import { reflowed } from '../show/text';
import { comparisonPage, comparisonText, comparisonWrongs } from '../tables/compare';
import { commandLine } from './command-line';
import { type CostOptions, costsOf, withCostOptions } from './cost-options';
import { jsonOption, printResult } from './json';
import { option, reportOption } from './option-values';

interface CompareOptions extends CostOptions {
  readonly base?: string;
  readonly pair?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly report?: string;
}

const DEFAULT_POLICIES = 'strict,lazy,lazy-large,pool';

export function addCompare(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  withCostOptions(
    program
      .command('compare')
      .description(
        'compare policies: CPU time, throughput, protection, and which cost parameters decide (simulated)',
      )
      .argument(
        '[policies]',
        'two policies or more, as for fio --policy, separated by commas',
        DEFAULT_POLICIES,
      ),
  )
    .option(
      '--base <version>',
      `kernel whose IOMMU code all of them run on: ${BASES.join(', ')}; default: the latest that all can`,
    )
    .option(
      '--pair <a,b>',
      'two of them, whose difference is examined; default: the last one and the best of the others',
    )
    .addOption(jsonOption('compare'))
    .option('--markdown', 'the tables as a Markdown page: docs/lazy-large-tables.md is its output')
    .addOption(reportOption(' with charts as one self-contained file'))
    .addHelpText(
      'after',
      reflowed(
        '\nWithout --preset: all presets in turn, in about a minute. Exit status 1: a run broke an invariant or left something behind (WRONG).',
        screenOf(io),
      ),
    )
    .action((policies: string, options: CompareOptions) => {
      end(compare(policies, options, io, commandLine(program)));
    });
}

function compare(names: string, options: CompareOptions, io: CommandIo, typed: string): ExitStatus {
  if (options.json === true && options.markdown === true)
    throw new UsageError('--json and --markdown: expected one of the two');
  const setups = setupsOf(names, options);
  if (options.report !== undefined) checkReportFile(options.report);
  const progress = new Progress(io, 'compare');
  const made: PolicyComparison[] = [];
  try {
    for (const [i, setup] of setups.entries())
      made.push(
        comparePolicies(setup, (what, share) => {
          const done = (i + share) / setups.length;
          progress.show(
            `${String(i + 1)} of ${String(setups.length)}: ${setup.preset}, ${what}`,
            done,
          );
        }),
      );
  } finally {
    progress.done();
  }
  if (options.report !== undefined)
    writeReport(options.report, partsReport({ ...comparisonReport(made), command: typed }));
  if (options.markdown === true) io.out(comparisonPage(made, typed));
  else
    printResult(io, options.json, { simulated: true, comparisons: made }, (screen) =>
      comparisonText(made, screen),
    );
  return comparisonWrongs(made).length > 0 ? 1 : 0;
}

/** One for each preset. @throws UsageError */
function setupsOf(names: string, options: CompareOptions): Setup[] {
  const presets: readonly PresetName[] =
    options.preset === undefined
      ? PRESET_NAMES
      : [option('--preset', () => presetNamed(options.preset))];
  const { base, pair } = options;
  const { cpus, seed } = USUAL_MACHINE;
  const common = {
    ...{ cpus, seed, policies: policiesNamed(names) },
    ...(base === undefined ? {} : { base: option('--base', () => baseNamed(base)) }),
    ...(pair === undefined ? {} : { pair: option('--pair', () => pairOf(pair)) }),
  };
  return presets.map((preset) => {
    const setup = { ...common, preset, cost: costsOf({ ...options, preset }).costs };
    expectComparable(setup);
    return setup;
  });
}

/** @throws InputError */
function pairOf(names: string): readonly [string, string] {
  const [first, second, ...more] = names.split(',').map((name) => name.trim());
  if (!first || !second || more.length > 0)
    throw new InputError(`expected two policies with a comma, got '${names}'`);
  return [first, second];
}
