// SPDX-License-Identifier: GPL-2.0-only
// What a sweep must know of a verb: its options, read off the parser itself.

import type { Command } from 'commander';
import { schemaVerbs } from '../schema-files';

export interface VerbOption {
  /** `--bs`. */
  readonly flag: string;
  readonly takesValue: boolean;
  /** Whether values are `name=value`, as of --set: then `set.NAME` is an axis. */
  readonly takesSetting: boolean;
}

export interface Verb {
  readonly name: string;
  readonly options: ReadonlyMap<string, VerbOption>;
}

/** They say where results go or where the work is done, or ask for another document: rows are the same with all of them. */
const NOT_SWEPT = new Set([
  ...['--json', '--svg', '--markdown', '--report', '--sarif', '--out', '--force', '--help'],
  ...['--scenario', '--workload', '--jobs', '--queue'],
]);
/** They write files, and say with --json what these are. */
const WRITES = new Set(['demo', 'anonymise']);

/** Names of verbs that can be swept. */
export function sweptVerbs(): string[] {
  return schemaVerbs().filter((name) => !WRITES.has(name));
}

/** @returns null if there is no such verb with --json */
export function verbNamed(program: Command, name: string): Verb | null {
  const command = program.commands.find((one) => one.name() === name);
  if (!command || !sweptVerbs().includes(name)) return null;
  const options = new Map<string, VerbOption>();
  for (const { long, flags, required, optional } of command.options)
    if (long && !NOT_SWEPT.has(long))
      options.set(long, {
        flag: long,
        takesValue: required || optional,
        takesSetting: flags.endsWith('<name=value>'),
      });
  return { name, options };
}
