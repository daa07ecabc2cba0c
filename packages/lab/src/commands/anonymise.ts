// SPDX-License-Identifier: GPL-2.0-only
// `anonymise CAPTURE… -o OUT`: captures that can be shown to others.

import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { anonymise } from '../anonymise/anonymise';
import { Targets } from '../anonymise/targets';
import { refuseRepeated } from '../compare/repeated';
import type { CommandIo, ExitStatus } from '../io';
import { anonymiseText } from '../tables/anonymise';
import { jsonOption, printResult } from './json';
import { withCaptures } from './with-captures';

interface Options {
  readonly out: string;
  readonly seed?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Bytes of a seed that nobody can try out. */
const SEED_BYTES = 16;

export function addAnonymise(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('anonymise')
    .description('a capture with other addresses, devices and tasks, and the same figures')
    .argument('<capture...>', 'captures or kernel logs, - is stdin')
    .requiredOption(
      '-o, --out <file>',
      'what to write, gzip if it ends in .gz; of several captures, a folder',
    )
    .option(
      '--seed <text>',
      'the same names and addresses each time (default: drawn, and not told)',
    )
    .option('--force', 'replace files that are there')
    .addOption(jsonOption('anonymise'))
    .action(async (captures: string[], options: Options) => {
      end(await run(captures, options, io));
    });
}

async function run(
  captures: readonly string[],
  options: Options,
  io: CommandIo,
): Promise<ExitStatus> {
  const { paths, targets } = Targets.of(captures, options.out, options.force === true);
  try {
    const document = await withCaptures(io, 'anonymise', captures, async (pathOf, progress) => {
      await refuseRepeated(captures, pathOf);
      const seed = options.seed ?? randomBytes(SEED_BYTES).toString('hex');
      return anonymise({ captures, paths, targets, seed, pathOf, progress });
    });
    printResult(io, options.json, document, (screen) => anonymiseText(document, screen));
    return document.same_account ? 0 : 1;
  } finally {
    targets.drop();
  }
}
