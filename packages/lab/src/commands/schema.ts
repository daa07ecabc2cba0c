// SPDX-License-Identifier: GPL-2.0-only
// `schema VERB`: the JSON Schema of what a verb prints with --json.

import type { Command } from 'commander';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { schemaText, schemaVerbs } from '../schema-files';

export function addSchema(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('schema')
    .description('print the JSON Schema of what a verb prints with --json')
    .argument('<verb>', 'a verb that has --json')
    .addHelpText('after', () => `\nVerbs: ${schemaVerbs().join(', ')}.`)
    .action((verb: string) => {
      const known = schemaVerbs();
      if (!known.includes(verb))
        throw new UsageError(`schema: expected one of ${known.join(', ')}, got '${verb}'`);
      io.out(schemaText(verb));
      end(0);
    });
}
