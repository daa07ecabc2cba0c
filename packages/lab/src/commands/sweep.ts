// SPDX-License-Identifier: GPL-2.0-only
// `sweep SPEC.yaml`: many runs of a verb, one row each.

import type { Command } from 'commander';
import { readText } from '../files';
import { type CommandIo, type ExitStatus, print } from '../io';
import { count } from '../show/format';
import { type Spec, readSpec } from '../sweep/spec';
import { verbNamed } from '../sweep/verbs';
import { shellLine } from './command-line';

interface SweepOptions {
  readonly dryRun?: boolean;
}

export function addSweep(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('sweep')
    .description('run a verb for every point of a matrix; the results become rows')
    .argument('<spec.yaml>', 'verb, arguments, matrix and columns: docs/sweeps.md')
    .option('--dry-run', 'print the number of points and their command lines, run nothing')
    .action(async (file: string, options: SweepOptions) => {
      const text = readText(file, 'a spec of a sweep');
      const spec = await readSpec(file, text, (name) => verbNamed(program, name));
      if (options.dryRun === true) dryRun(spec, program.name(), io);
      end(0);
    });
}

function dryRun({ points }: Spec, name: string, io: CommandIo): void {
  print(io, `${count(points.count)} points\n`);
  for (const { args, hash } of points.from()) io.out(`${hash} ${shellLine([name, ...args])}\n`);
}
