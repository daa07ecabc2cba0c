// SPDX-License-Identifier: GPL-2.0-only
// Files as commands read them: one line that says what was expected, if they cannot be read. Traces are dma-trace's.

import { type Stats, readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { UsageError } from './errors';

/**
 * A text, plain or gzip; - is stdin.
 * @param expected what the file should be
 * @throws UsageError
 */
export function readText(path: string, expected: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new UsageError(
      codeOf(error) === 'ENOENT'
        ? `${path}: no such file, expected ${expected}`
        : `${path}: cannot be read (${codeOf(error)}), expected ${expected}`,
    );
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch {
    throw new UsageError(`${path}: the gzip data is broken or cut short, expected ${expected}`);
  }
}

/** A text that another file names, which reports it itself if there is none. */
export function readTextOrNot(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * What lies at a path; undefined if nothing does, or it may not be looked at: what reads or writes it says so. Node's own
 * `throwIfNoEntry: false` throws for a name that is too long, or one behind a file.
 */
export function statOrNot(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** What the system says is wrong: ENOENT and the like. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
