// SPDX-License-Identifier: GPL-2.0-only
// A folder with its parents. Node's own `recursive` goes round for ever where a parent takes no folders, as /proc does.

import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { statOrNot } from './files';

/**
 * Nothing for a folder that is there.
 * @returns takes back what was made, and has nothing in it
 * @throws what mkdir does
 */
export function makeFolder(path: string): () => void {
  const missing: string[] = [];
  let at = resolve(path);
  for (; statOrNot(at) === undefined; at = dirname(at)) missing.push(at);
  if (missing.length === 0 && !statSync(at).isDirectory()) mkdirSync(at); // says that it is a file
  const made: string[] = [];
  for (const folder of missing.reverse())
    try {
      mkdirSync(folder);
      made.unshift(folder);
    } catch (error) {
      // Somebody else made it since.
      if (statOrNot(folder)?.isDirectory() !== true) throw error;
    }
  return () => {
    try {
      for (const folder of made) rmdirSync(folder);
    } catch {
      // Somebody else put something into it.
    }
  };
}
