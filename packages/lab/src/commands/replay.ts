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
import { type CommandIo, type ExitStatus, Progress } from '../io';
import { type SeriesState, agrees, replayTraces } from '../compare';
import { checkReportFile, report, writeReport } from '../reports';
import { tables } from '../tables/replay';
import { addDriverOption, driverOf } from './driver-option';
import { readText } from '../files';

interface ReplayOptions {
  readonly driver: string;
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
      'replay a captured DMA trace before and after the series (ftrace text, plain or .gz)',
    )
    .argument('<trace...>', 'files; those of one boot of a kernel with the series belong together');
  addDriverOption(command)
    .option('--patches <0..4>', 'how many patches are applied; without it, both none and all')
    .option('--config <.config>', 'options of the kernel; without it, the pool is built in')
    .option(
      '--params <words>',
      'kernel command line, e.g. "io_buffer_pool.num_slots=32 iommu.strict=1"',
    )
    .option('--json', 'one JSON document on stdout')
    .option('--report <file.html>', 'write a report')
    .option('--differences <n>', 'list at most so many differences of each kind', '10')
    .action(async (files: string[], options: ReplayOptions) => {
      end(await replay(files, options, io));
    });
}

async function replay(
  files: readonly string[],
  options: ReplayOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const driver = driverOf(options.driver);
  const patches = patchesOf(options.patches);
  const mostDifferences = differencesOf(options.differences);
  const config = options.config === undefined ? null : readConfig(options.config, io);
  if (options.report !== undefined) checkReportFile(options.report);
  const progress = new Progress(io, 'replay');
  try {
    const document = await replayTraces(files, {
      driver,
      patches,
      config,
      params: options.params ?? null,
      mostDifferences,
      progress: (what) => {
        progress.show(what);
      },
    });
    progress.done();
    if (options.report !== undefined)
      writeReport(options.report, report([{ heading: 'Replay', document }]));
    io.out(options.json === true ? `${JSON.stringify(document, null, 2)}\n` : tables(document));
    return agrees(document) ? 0 : 1;
  } finally {
    progress.done();
  }
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
  if (!/^\d{1,6}$/.test(text))
    throw new UsageError(`--differences: expected a number from 0 to 999999, got '${text}'`);
  return Number(text);
}

function readConfig(file: string, io: CommandIo): OptionValues {
  const text = readText(file, 'a .config');
  const kconfig = parseKconfig('Kconfig', () => seriesKconfig);
  const config = evaluate(kconfig, text, { file });
  // The .config of a whole kernel has thousands of options that the series does not know.
  for (const warning of config.warnings.slice(0, MOST_WARNINGS))
    io.err(`warning: ${oneLine(warning)}\n`);
  const more = config.warnings.length - MOST_WARNINGS;
  if (more > 0) io.err(`warning: ${file}: ${String(more)} more\n`);
  return config;
}
