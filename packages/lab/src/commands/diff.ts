// SPDX-License-Identifier: GPL-2.0-only
// `diff A B`: two captures of the same work, operation by operation.

import type { Command } from 'commander';
import type { DeviceName } from '@iommu-bounce/dma-trace';
import { DIFFERENCE_KINDS, type DifferenceKind, diffCaptures } from '../compare';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { checkReportFile, diffReport, writeReport } from '../reports';
import { diffText } from '../tables/diff';
import { commandLine } from './command-line';
import { jsonOption, printResult } from './json';
import { collect, wholeNumber } from './option-values';
import { withCaptures } from './with-captures';

interface DiffCommandOptions {
  readonly device?: readonly string[];
  readonly tolerance: string;
  readonly ignore?: string;
  readonly differences: string;
  readonly json?: boolean;
  readonly report?: string;
}

export function addDiff(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('diff')
    .description('what differs between two captures of the same work: operations, times, requests')
    .argument('<capture...>', 'two captures A and B, - is stdin; of each its files by CPU')
    .option(
      '--device <a=b>',
      "a device's name in A and its name in B; may be given several times",
      collect,
    )
    .option('--tolerance <percent>', 'times from map to unmap may differ by so much', '10')
    .option('--ignore <kinds>', `differences that do not count: ${DIFFERENCE_KINDS.join(', ')}`)
    .option('--differences <n>', 'list at most so many differences of each kind', '10')
    .addOption(jsonOption('diff'))
    .option('--report <file.html>', 'write a report')
    .action(async (files: string[], options: DiffCommandOptions) => {
      end(await diff(files, options, io, commandLine(program)));
    });
}

async function diff(
  files: readonly string[],
  options: DiffCommandOptions,
  io: CommandIo,
  typed: string,
): Promise<ExitStatus> {
  const chosen = {
    devices: (options.device ?? []).map(deviceName),
    tolerance: toleranceOf(options.tolerance),
    ignored: ignoredOf(options.ignore),
    mostDifferences: wholeNumber('--differences', options.differences, 0, 999_999),
  };
  if (files.length < 2)
    throw new UsageError(`diff: expected two captures, got ${String(files.length)}`);
  if (files.filter((file) => file === '-').length > 1)
    throw new UsageError('-: stdin is given twice; expected one capture from it');
  if (options.report !== undefined) checkReportFile(options.report);
  const document = await withCaptures(io, 'diff', files, (pathOf, progress) =>
    diffCaptures(files, { pathOf, progress, ...chosen }),
  );
  if (options.report !== undefined) writeReport(options.report, diffReport(document, typed));
  printResult(io, options.json, document, (screen) => diffText(document, screen));
  return document.equal ? 0 : 1;
}

function deviceName(text: string): DeviceName {
  const at = text.indexOf('=');
  const [a, b] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || b === '')
    throw new UsageError(
      `--device: expected a name in A and one in B, e.g. 0000:00:04.0=0000:00:05.0, got '${text}'`,
    );
  return [a, b];
}

function toleranceOf(text: string): number {
  if (!/^\d{1,3}(?:\.\d{1,3})?$/.test(text) || Number(text) > 100)
    throw new UsageError(`--tolerance: expected a percentage from 0 to 100, got '${text}'`);
  return Number(text) / 100;
}

function ignoredOf(text: string | undefined): DifferenceKind[] {
  if (text === undefined) return [];
  return text.split(',').map((word) => {
    const kind = DIFFERENCE_KINDS.find((one) => one === word.trim());
    if (kind === undefined)
      throw new UsageError(
        `--ignore: expected some of ${DIFFERENCE_KINDS.join(', ')}, got '${word}'`,
      );
    return kind;
  });
}
