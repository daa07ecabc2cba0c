// SPDX-License-Identifier: GPL-2.0-only
// `compare`: two policies against each other, size by size, machine by machine, and which parameters decide.

import type { Command } from 'commander';
import {
  PRESET_NAMES,
  type Policy,
  type PolicyComparison,
  USUAL_MACHINE,
  comparePolicies,
  policiesNamed,
  presetNamed,
} from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import { type CommandIo, type ExitStatus, Progress } from '../io';
import { comparisonPage, comparisonText } from '../tables/compare';
import { commandLine } from './command-line';
import { type CostOptions, costsOf, withCostOptions } from './cost-options';
import { option } from './option-values';

interface CompareOptions extends CostOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const DEFAULT_PAIR = 'lazy-large,pool';

export function addCompare(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  withCostOptions(
    program
      .command('compare')
      .description(
        'compare two policies: throughput, CPU time, protection, and which cost parameters decide (simulated)',
      )
      .argument(
        '[policies]',
        'two policies, as for fio --policy, separated by a comma',
        DEFAULT_PAIR,
      ),
  )
    .option('--json', 'one JSON document on stdout')
    .option('--markdown', 'the tables as a Markdown page: docs/lazy-large-tables.md is its output')
    .addHelpText('after', '\nWithout --preset: all presets in turn, in about a minute.')
    .action((policies: string, options: CompareOptions) => {
      compare(policies, options, io, commandLine(program));
      end(0);
    });
}

function compare(names: string, options: CompareOptions, io: CommandIo, typed: string): void {
  if (options.json === true && options.markdown === true)
    throw new UsageError('--json and --markdown: expected one of the two');
  const policies = pairOf(names);
  const presets =
    options.preset === undefined
      ? PRESET_NAMES
      : [option('--preset', () => presetNamed(options.preset))];
  const progress = new Progress(io, 'compare');
  const made: PolicyComparison[] = [];
  try {
    for (const preset of presets) {
      const cost = costsOf({ ...options, preset }).costs;
      const { cpus, seed } = USUAL_MACHINE;
      made.push(
        comparePolicies({ preset, cost, cpus, seed, policies }, (what) => {
          progress.show(what);
        }),
      );
    }
  } finally {
    progress.done();
  }
  if (options.json === true) {
    io.out(`${JSON.stringify({ simulated: true, comparisons: made }, null, 2)}\n`);
    return;
  }
  io.out(options.markdown === true ? comparisonPage(made, typed) : comparisonText(made));
}

/** @throws UsageError */
function pairOf(names: string): readonly [Policy, Policy] {
  const policies = policiesNamed(names);
  const [first, second] = policies;
  if (!first || !second || policies.length !== 2)
    throw new UsageError(
      `expected two policies with a comma, such as ${DEFAULT_PAIR}, got '${names}'`,
    );
  if (first.name === second.name)
    throw new UsageError(`expected two different policies, got '${names}'`);
  return [first, second];
}
