// SPDX-License-Identifier: GPL-2.0-only
// One sweep writes into a folder. A lock that a killed one left does not hold.

import { createHash, randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { UsageError } from '../errors';
import { codeOf } from '../files';
import { temporaryBeside } from '../write-file';

/** What link says on a file system that has none, as FAT: there two in the same instant can both take a lock. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);
/** A lock that is given back or taken over while it is looked at is looked at again, so often. */
const LOOKS = 100;

/**
 * @returns gives it back
 * @throws UsageError if another process that is running has it
 */
export function locked(path: string): () => void {
  // No two locks have the same text: one that is there again is the same one.
  const text = `${String(process.pid)} ${randomBytes(8).toString('hex')}\n`;
  try {
    if (isTaken(path, text))
      return () => {
        if (textOf(path) === text) rmSync(path, { force: true });
      };
  } catch (error) {
    throw new UsageError(`${path}: cannot be written (${codeOf(error)})`);
  }
  throw new UsageError(
    `${path}: another sweep writes into this folder; if there is none, remove this file`,
  );
}

/** @throws what the system does */
function isTaken(path: string, text: string): boolean {
  for (let looks = 0; looks < LOOKS; looks++) {
    if (isMade(path, text)) return true;
    const stale = textOf(path);
    if (stale === null) continue;
    if (isRunning(holder(stale))) return false;
    if (isTakenOver(path, stale, text)) return true;
  }
  return false;
}

/**
 * Replaces a lock that a killed process left. Of all that see it only one may: a lock of its own, of the name of the text
 * that is replaced, says which. That text never comes again, so who has the right later sees that it is gone.
 */
function isTakenOver(path: string, stale: string, text: string): boolean {
  const right = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}.tmp`;
  if (!isTaken(right, text)) return false;
  try {
    if (textOf(path) !== stale) return false;
    withFile(path, text, (made) => {
      renameSync(made, path);
    });
    return true;
  } finally {
    rmSync(right, { force: true });
  }
}

/** Makes it with its text, at once, unless one is there. */
function isMade(path: string, text: string): boolean {
  try {
    withFile(path, text, (made) => {
      try {
        linkSync(made, path);
      } catch (error) {
        if (!NO_LINKS.has(codeOf(error))) throw error;
        writeFileSync(path, text, { flag: 'wx' });
      }
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A file with the text beside the path, while `use` runs. */
function withFile(path: string, text: string, use: (made: string) => void): void {
  const made = temporaryBeside(path);
  try {
    writeFileSync(made, text, { flag: 'wx' });
    use(made);
  } finally {
    rmSync(made, { force: true });
  }
}

/** Null if there is none. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Its process; 0 if it is not known. */
function holder(text: string): number {
  return Number(/^\d+/.exec(text)?.[0] ?? 0);
}

function isRunning(pid: number): boolean {
  if (pid <= 0 || !Number.isSafeInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
