// SPDX-License-Identifier: GPL-2.0-only
// `advise CAPTURE…`: which sizes of the pool, of swiotlb and of a flush queue a recorded load needs.

import type { Command } from 'commander';
import { readFacts } from '@iommu-bounce/dma-trace';
import { advise } from '../compare';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { adviseReport, checkReportFile, writeReport } from '../reports';
import { adviseText } from '../tables/advise';
import { commandLine } from './command-line';
import { type CostOptions, withCostOptions } from './cost-options';
import { jsonOption, printResult } from './json';
import { factsOption, machineOf, recordedOnOf, recordedOnOption } from './machine-options';
import { reportOption } from './option-values';
import { withCaptures } from './with-captures';

interface AdviseCommandOptions extends CostOptions {
  readonly serve: string;
  readonly memory?: string;
  readonly recordedOn?: string;
  readonly facts?: string;
  readonly json?: boolean;
  readonly report?: string;
}

export function addAdvise(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  const command = program
    .command('advise')
    .description(
      'which sizes and slots of the pool, which swiotlb= and which flush queue a capture needs; what a full swiotlb means',
    )
    .argument('<capture...>', 'captures or kernel logs, - is stdin')
    .option('--serve <percent>', 'share of the mappings to serve; several with commas', '99')
    .option('--memory <size>', 'serve most within so much memory instead, e.g. 512k or 4M');
  withCostOptions(command)
    .addOption(recordedOnOption())
    .addOption(factsOption())
    .addOption(jsonOption('advise'))
    .addOption(reportOption())
    .action(async (files: string[], options: AdviseCommandOptions) => {
      end(await adviseCommand(files, options, io, commandLine(program)));
    });
}

async function adviseCommand(
  files: readonly string[],
  options: AdviseCommandOptions,
  io: CommandIo,
  typed: string,
): Promise<ExitStatus> {
  const { driver, costs } = machineOf(options);
  // Wrong costs are refused before anything is read.
  costs('virtio-iommu', 'virtio');
  const serve = percentsOf(options.serve);
  const memory = options.memory === undefined ? null : bytesOf(options.memory);
  const recordedOn = recordedOnOf(options.recordedOn);
  const facts = options.facts === undefined ? null : await readFacts(options.facts);
  if (options.report !== undefined) checkReportFile(options.report);
  const document = await withCaptures(io, 'advise', files, (pathOf, progress) =>
    advise(files, {
      ...{ pathOf, progress, recordedOn, facts, costs, serve, memory },
      ...(driver === undefined ? {} : { driver }),
      ...(io.counted ? { counted: io.counted } : {}),
    }),
  );
  if (options.report !== undefined) writeReport(options.report, adviseReport(document, typed));
  printResult(io, options.json, document, (screen) => adviseText(document, screen));
  return 0;
}

/** @throws UsageError */
function percentsOf(text: string): number[] {
  const percents = text.split(',').map((word) => {
    const n = Number(word.trim().replace(/%$/, ''));
    if (!/^\s*\d+(?:\.\d+)?%?\s*$/.test(word) || n <= 0 || n > 100)
      throw new UsageError(
        `--serve: expected percent above 0 and up to 100, e.g. 99 or 95,99.9, got '${text}'`,
      );
    return n;
  });
  return [...new Set(percents)];
}

const UNITS = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** @throws UsageError */
function bytesOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === '')
    throw new UsageError(`--memory: expected a size, e.g. 512k or 4M, got '${text}'`);
  const bytes = Math.floor(Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS]);
  if (bytes === 0)
    throw new UsageError(
      `--memory: expected more than nothing, got '${text}'; a kernel without the pool takes no memory`,
    );
  return bytes;
}
