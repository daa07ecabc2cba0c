// SPDX-License-Identifier: GPL-2.0-only
// A capture may be read twice. What can be read only once (stdin, a pipe) is copied into a file first.

import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FoundFacts, findFacts } from '@iommu-bounce/dma-trace';
import { UsageError } from './errors';
import { codeOf, statOrNot } from './files';
import { cleanedUp } from './interrupt';

/** Names as the user gave them, and where their bytes lie. */
export interface Spooled {
  readonly pathOf: (file: string) => string;
  /** Removes the copies. */
  readonly drop: () => void;
}

/**
 * @param files paths; - is stdin
 * @throws UsageError for a pipe that cannot be copied, a folder that cannot hold the copy, and an empty name; the reader of a
 *   file says what is wrong with that
 */
export async function spool(files: readonly string[]): Promise<Spooled> {
  if (files.includes(''))
    throw new UsageError("'': is no name of a file; expected that of a capture");
  const copies = new Map<string, string>();
  let folder: string | null = null;
  let release: (() => void) | null = null;
  const drop = (): void => {
    // Once more where a copy that is about to be opened comes to be in it meanwhile.
    if (folder !== null) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    release?.();
  };

  for (const file of new Set(files)) {
    if (!isStdin(file) && !isReadOnce(file)) continue;
    if (isStdin(file) && [...copies.keys()].some(isStdin)) {
      drop();
      throw new UsageError(`${file}: is stdin, which is given twice; expected each capture once`);
    }
    // In this order: a signal between the two would leave the folder.
    release ??= cleanedUp(drop);
    try {
      folder ??= mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
      const copy = join(folder, String(copies.size));
      const from = isStdin(file) ? process.stdin : createReadStream(file);
      await pipeline(from, createWriteStream(copy));
      copies.set(file, copy);
    } catch (error) {
      drop();
      throw new UsageError(
        isOfCopy(error)
          ? `${tmpdir()}: cannot hold a copy of ${file} (${codeOf(error)}); expected room in the folder that TMPDIR names`
          : `${file}: cannot be read (${codeOf(error)}), expected a capture`,
      );
    }
  }
  return { pathOf: (file) => copies.get(file) ?? file, drop };
}

/** Whether the copy, not the capture, is what failed. */
function isOfCopy(error: unknown): boolean {
  const { syscall = '' } = error as NodeJS.ErrnoException;
  return syscall === 'mkdtemp' || syscall === 'write';
}

/**
 * The facts beside a capture.
 * @param path where its bytes lie: beside what was copied from a pipe lies nothing
 */
export async function factsBeside(file: string, path: string): Promise<FoundFacts> {
  return path === file ? findFacts(file) : { facts: null, ignored: null };
}

/** Stdin may be a socket, which cannot be opened by its name. */
function isStdin(file: string): boolean {
  return file === '-' || file === '/dev/stdin';
}

function isReadOnce(file: string): boolean {
  const stat = statOrNot(file);
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}
