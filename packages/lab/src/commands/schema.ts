// SPDX-License-Identifier: GPL-2.0-only
// `schema VERB`: the JSON Schema of what a verb prints with --json.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { PACKAGE_FOLDER } from '../package';

const FOLDER = join(PACKAGE_FOLDER, 'schemas');
const ENDING = '.schema.json';

export function addSchema(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('schema')
    .description('print the JSON Schema of what a verb prints with --json')
    .argument('<verb>', 'a verb that has --json')
    .addHelpText('after', () => `\nVerbs: ${verbs().join(', ')}.`)
    .action((verb: string) => {
      const known = verbs();
      if (!known.includes(verb))
        throw new UsageError(`schema: expected one of ${known.join(', ')}, got '${verb}'`);
      io.out(readFileSync(join(FOLDER, verb + ENDING), 'utf8'));
      end(0);
    });
}

function verbs(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
}
