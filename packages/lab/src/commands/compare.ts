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
import { wrapped } from '../show/text';
import { type CommandIo, type ExitStatus, Progress } from '../io';
import { WORKLOAD_NOTE, comparisonCells, markdownTable, terminalTable } from '../tables/compare';
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
        'two policies against each other: throughput, CPU time, protection, and which costs decide (simulated)',
      )
      .argument('[policies]', 'two names as of fio --policy, with a comma', DEFAULT_PAIR),
  )
    .option('--json', 'one JSON document on stdout')
    .option('--markdown', 'tables for a page')
    .addHelpText('after', '\nWithout --preset all presets in turn, in under a minute.')
    .action((policies: string, options: CompareOptions) => {
      compare(policies, options, io);
      end(0);
    });
}

function compare(names: string, options: CompareOptions, io: CommandIo): void {
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
  const table = options.markdown === true ? markdownTable : terminalTable;
  const head = `Simulated, not measured: ${names} through the ported code in virtual time. ${WORKLOAD_NOTE}`;
  io.out(`${[wrapped(head), ...made.flatMap(comparisonCells).map(table)].join('\n\n')}\n`);
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
