// SPDX-License-Identifier: GPL-2.0-only
// Runs the command in this process and collects what it wrote.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExitStatus, run } from '@iommu-bounce/lab';
import { expectValid, schemaOf } from '../schema';

export interface CliResult {
  readonly status: ExitStatus;
  readonly out: string;
  readonly err: string;
}

/** Every JSON document that a test looks at is checked against its schema. */
export async function cli(...args: readonly string[]): Promise<CliResult> {
  let out = '';
  let err = '';
  const status = await run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    errIsTerminal: false,
  });
  if (args.includes('--json') && out !== '') expectValid(schemaOf(args), JSON.parse(out));
  return { status, out, err };
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
