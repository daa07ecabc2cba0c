// SPDX-License-Identifier: GPL-2.0-only
// One sweep writes into a folder. A lock that a killed one left does not hold.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { UsageError } from '../errors';
import { codeOf } from '../files';

/**
 * @returns gives it back
 * @throws UsageError if another process that is running has it
 */
export function locked(path: string): () => void {
  for (let tries = 0; ; tries++)
    try {
      writeFileSync(path, `${String(process.pid)}\n`, { flag: 'wx' });
      return () => {
        rmSync(path, { force: true });
      };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST')
        throw new UsageError(`${path}: cannot be written (${codeOf(error)})`);
      if (tries > 0 || isRunning(holder(path)))
        throw new UsageError(
          `${path}: another sweep writes into this folder; if there is none, remove this file`,
        );
      rmSync(path, { force: true });
    }
}

/** Its process; 0 if it is not known. */
function holder(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').trim()) || 0;
  } catch {
    return 0;
  }
}

function isRunning(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
