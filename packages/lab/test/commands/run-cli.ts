// SPDX-License-Identifier: GPL-2.0-only
// Runs the command in this process and collects what it wrote.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CommandIo, type ExitStatus, run } from '@iommu-bounce/lab';
import type { CountedRows } from '@iommu-bounce/simulation';
import { expectValid, schemaOf } from '../schema';

export interface CliResult {
  readonly status: ExitStatus;
  readonly out: string;
  readonly err: string;
}

export function cli(...args: readonly string[]): Promise<CliResult> {
  return cliOn({}, ...args);
}

/** @param screen what is known of the terminal */
export async function cliOn(
  screen: Partial<Pick<CommandIo, 'columns' | 'ascii' | 'errIsTerminal'>>,
  ...args: readonly string[]
): Promise<CliResult> {
  const result = await unchecked(screen, ...args);
  if (args.includes('--json') && result.out !== '')
    expectValid(schemaOf(args), JSON.parse(result.out));
  return result;
}

/** The same machines are counted by most replays: once for all tests of a process. */
const counted: CountedRows = new Map();

/** Without the check against the schema, which takes long for large documents. */
export async function unchecked(
  screen: Partial<Pick<CommandIo, 'columns' | 'ascii' | 'errIsTerminal'>>,
  ...args: readonly string[]
): Promise<CliResult> {
  let out = '';
  let err = '';
  const status = await run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      // A verb tells once that it takes long: on a busy machine any of them.
      if (screen.errIsTerminal === true || !LONG_RUN.test(text)) err += text;
    },
    errIsTerminal: false,
    counted,
    ...screen,
  });
  return { status, out, err };
}

const LONG_RUN = /^[a-z ]+: \d+ % done, about [^\n]+ left\n$/;

/** No line is longer, unless it is one word that cannot be broken: a path, a name. */
export function expectFits(text: string, columns: number): void {
  const long = text
    .split('\n')
    .filter((line) => Array.from(line).length > columns && /\S \S/.test(line));
  expect(long, `lines of more than ${String(columns)} columns`).to.deep.equal([]);
}

/** An empty folder for the duration of `use`. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const fixtures = join(__dirname, '../../../../test-fixtures');

/** Recordings that are not in the repository: a folder with `traces` and `field-cases`. */
export const RECORDINGS =
  process.env['TRACE_RECORDINGS'] ?? join(__dirname, '../../../../../shared');

/** Says why, and skips. @param missing below RECORDINGS */
export function skipWithout(missing: string, test: Mocha.Context): void {
  if (existsSync(join(RECORDINGS, missing))) return;
  console.log(`      skipped: no recordings in ${missing} (TRACE_RECORDINGS)`);
  test.skip();
}
