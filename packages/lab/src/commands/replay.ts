// SPDX-License-Identifier: GPL-2.0-only
// `replay TRACE…`: drives the DMA of a recorded machine through the ported kernel, and says where they differ.

import type { Command } from 'commander';
import {
  type OptionValues,
  evaluate,
  parseKconfig,
  seriesKconfig,
} from '@iommu-bounce/kconfig-options';
import { UsageError, oneLine } from '../errors';
import { type CommandIo, type ExitStatus } from '../io';
import { readFacts } from '@iommu-bounce/dma-trace';
import {
  type OverTimeFigures,
  type PolicyOptions,
  type SeriesState,
  agrees,
  replayTraces,
} from '../compare';
import { checkReportFile, report, writeReport } from '../reports';
import { tables } from '../tables/replay';
import { POLICIES, TIMINGS, policiesNamed } from '@iommu-bounce/simulation';
import { readDotConfig } from '../dot-config';
import { commandLine } from './command-line';
import { withCostOptions } from './cost-options';
import { addDriverOption } from './driver-option';
import { jsonOption, printResult } from './json';
import {
  type MachineOptions,
  factsOption,
  machineOf,
  recordedOnOf,
  recordedOnOption,
} from './machine-options';
import { fixedPolicies, option, reportOption, wholeNumber, withFixOption } from './option-values';
import { withCaptures } from './with-captures';

interface ReplayOptions extends MachineOptions {
  readonly recordedOn?: string;
  readonly facts?: string;
  readonly policy?: string;
  readonly fix?: string;
  readonly timing: string;
  readonly patches?: string;
  readonly config?: string;
  readonly params?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly differences?: string;
}

/** Differences listed of each kind. */
const USUAL_DIFFERENCES = 10;
/** Warnings about a .config shown. */
const MOST_WARNINGS = 5;

export function addReplay(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  const command = program
    .command('replay')
    .description(
      'replay a capture (ftrace, trace-cmd, perf, bpftrace; plain or compressed) before and after the series',
    )
    .argument(
      '<trace...>',
      'files, - is stdin; those of one boot of a kernel with the series belong together',
    );
  withFixOption(withCostOptions(addDriverOption(command, 'what the capture was recorded on')))
    .addOption(recordedOnOption())
    .addOption(factsOption())
    .option(
      '--policy <names>',
      `the calls under these policies too, in virtual time: ${POLICIES.map(({ name }) => name).join(', ')}, or all`,
    )
    .option(
      '--timing <when>',
      `with --policy: calls at the ${TIMINGS[0]} times, or ${TIMINGS[1]}, as soon as a CPU is free`,
      TIMINGS[0],
    )
    .option('--patches <0..4>', 'how many patches are applied; without it, both none and all')
    .option(
      '--config <.config>',
      'options of the kernel, also gzip; without it, the pool is built in',
    )
    .option(
      '--params <words>',
      'kernel command line, e.g. "io_buffer_pool.num_slots=32 iommu.strict=1"',
    )
    .addOption(jsonOption('replay'))
    .addOption(reportOption())
    .option('--differences <n>', 'list at most so many differences of each kind', '10')
    .addHelpText(
      'after',
      '\nExit status 1: the port differs from the recording where\nno event was lost, or it oopses.',
    )
    .action(async (files: string[], options: ReplayOptions) => {
      end(await replay(files, options, io, commandLine(program)));
    });
}

async function replay(
  files: readonly string[],
  options: ReplayOptions,
  io: CommandIo,
  typed: string,
): Promise<ExitStatus> {
  const { driver, costs } = machineOf(options);
  // Wrong costs are refused before anything is read.
  costs('virtio-iommu', 'virtio');
  const recordedOn = recordedOnOf(options.recordedOn);
  const policies = policiesOf(options);
  const patches = patchesOf(options.patches);
  const mostDifferences = differencesOf(options.differences);
  const config = options.config === undefined ? null : readConfig(options.config, io);
  const facts = options.facts === undefined ? null : await readFacts(options.facts);
  if (options.report !== undefined) checkReportFile(options.report);
  const overTime: OverTimeFigures[] = [];
  const document = await withCaptures(io, 'replay', files, (pathOf, progress) =>
    replayTraces(files, {
      pathOf,
      ...(driver === undefined ? {} : { driver }),
      recordedOn,
      facts,
      costs,
      policies,
      patches,
      config: config?.values ?? null,
      poolOption: config?.poolOption ?? null,
      params: options.params ?? null,
      mostDifferences,
      ...(io.counted ? { counted: io.counted } : {}),
      ...(options.report === undefined
        ? {}
        : { overTime: (boot: OverTimeFigures) => overTime.push(boot) }),
      progress,
    }),
  );
  if (options.report !== undefined)
    writeReport(options.report, report([{ heading: 'Replay', document, overTime }], typed));
  printResult(io, options.json, document, (screen) => tables(document, screen));
  return agrees(document) ? 0 : 1;
}

function policiesOf({ policy, fix, timing }: ReplayOptions): PolicyOptions | null {
  const when = TIMINGS.find((one) => one === timing);
  if (when === undefined)
    throw new UsageError(`--timing: expected ${TIMINGS.join(' or ')}, got '${timing}'`);
  const policies = [
    ...(policy === undefined ? [] : option('--policy', () => policiesNamed(policy))),
    ...fixedPolicies(fix),
  ];
  return policies.length === 0 ? null : { policies, timing: when };
}

function patchesOf(text: string | undefined): SeriesState[] {
  if (text === undefined) return [0, 4];
  const states: readonly SeriesState[] = [0, 1, 2, 3, 4];
  const state = states.find((one) => String(one) === text);
  if (state === undefined)
    throw new UsageError(`--patches: expected a number from 0 to 4, got '${text}'`);
  return [state];
}

function differencesOf(text: string | undefined): number {
  if (text === undefined) return USUAL_DIFFERENCES;
  return wholeNumber('--differences', text, 0, 999_999);
}

interface ChosenConfig {
  readonly values: OptionValues;
  /** Kconfig's own explanation of the pool's option, in one line. */
  readonly poolOption: string;
}

function readConfig(path: string, io: CommandIo): ChosenConfig {
  const { text, name } = readDotConfig(path, 'CONFIG_', io);
  const values = evaluate(
    parseKconfig('Kconfig', () => seriesKconfig),
    text,
    { file: name },
  );
  // The .config of a whole kernel has thousands of options that the series does not know; only its own are of interest.
  const own = values.warnings.filter((warning) => /IO_BUFFER|IOMMU_DMA/.test(warning));
  for (const warning of own.slice(0, MOST_WARNINGS)) io.err(`warning: ${oneLine(warning)}\n`);
  const [option = '', ...reasons] = values
    .explain('IOMMU_IO_BUFFER')
    .text.split('\n')
    .map((line) => line.replace(/^[\s-]+/, ''));
  const isSaid = /^(?:# )?CONFIG_IOMMU_IO_BUFFER\b/m.test(text);
  const said = isSaid ? `${name}: ` : `CONFIG_IOMMU_IO_BUFFER is not in ${name}: `;
  return { values, poolOption: `${said}${option}: ${reasons.join('; ')}` };
}
