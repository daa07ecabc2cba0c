// SPDX-License-Identifier: GPL-2.0-only
// The series of test-fixtures/reader for tests: its forms, its mails, and what the port of it says.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { thread } from '../../../../test-fixtures/reader/forms';
import { ReadError } from '../../src/read-error';
import type { FilePatch, Series } from '../../src/series/series';
import type { Wanted } from '../../src/series/thread';

export const FIXTURES = path.join(__dirname, '../../../../test-fixtures/reader');

export const TALLY: Wanted = {
  patches: 4,
  files: ['tally.c', 'tally.h', 'tally-pool.c', 'tally-pool.h', 'other.c'].map(
    (name) => `drivers/tally/${name}`,
  ),
  addedBy: (patch) =>
    patch === 3
      ? ['__tally_alloc_mark', '__tally_free_mark', '__tally_trim', '__tally_insert']
      : patch === 4
        ? ['tally_pool_init', 'tally_pool_destroy', 'tally_pool_get', 'tally_pool_put']
        : [],
};

export function fixture(name: string): string {
  return path.join(FIXTURES, name);
}

/** The mails of the thread, by name: 0 to 4 the patches, the replies as reply-1 and reply-2. */
export function mails(): { name: string; text: string }[] {
  return thread(fixture('format-patch')).map(({ name, bytes }) => ({
    name: name.replace(/^000(\d)-.*/, '$1').replace('.eml', ''),
    text: bytes.toString('latin1'),
  }));
}

/** An mbox of mails whose bytes are given as Latin-1. */
export function toMbox(texts: readonly string[]): Buffer {
  return Buffer.from(
    texts
      .map(
        (text) =>
          `From mboxrd@z Thu Jan  1 00:00:00 1970\n${text.replace(/^(>*From )/gm, '>$1')}\n`,
      )
      .join(''),
    'latin1',
  );
}

/** Runs `use` with a folder that is removed afterwards. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'reader-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes files into a folder; keys are names. */
export function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files))
    writeFileSync(path.join(folder, name), content);
}

/** The patches without places and ids, which differ between the forms. */
export function contents(series: Series): unknown {
  return series.patches.map(({ number, of, subject, files }) => ({
    number,
    of,
    subject,
    files: files.map((file) => bare(file)),
  }));
}

export function bare(file: FilePatch): unknown {
  return JSON.parse(
    JSON.stringify(file, (key, value: unknown) => (key === 'at' ? undefined : value)),
  );
}

/** The message of the ReadError that `run` ends with. */
export async function refusal(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ReadError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

export function textOf(name: string): string {
  return readFileSync(fixture(name), 'latin1');
}
