// SPDX-License-Identifier: GPL-2.0-only
// Files that a command writes: whole or not at all, and no file of somebody else is replaced.

import { randomBytes } from 'node:crypto';
import {
  type Stats,
  closeSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from './errors';
import { makeFolder } from './make-folder';
import { codeOf, statOrNot } from './files';
import { whole } from './interrupt';

export interface Replacing {
  /** What the file is to be: 'report'. */
  readonly what: string;
  /** Make folders that are not there. */
  readonly makeFolders?: boolean;
  /** The user allowed it to replace any file. */
  readonly force?: boolean;
  /** Whether the beginning of a file, 1 KiB, shows that this command wrote it. */
  readonly isOurs?: (head: string) => boolean;
}

const HEAD = 1024;

/**
 * To be called before long work; writeFile does it again.
 * @throws UsageError if the name is none of a file, the folder is not there, or a file is that must not be replaced
 */
export function checkWritable(path: string, replacing: Replacing): void {
  if (path === '' || path.endsWith('/'))
    throw new UsageError(`'${path}': cannot be written, expected the name of a file`);
  const folder = dirname(path);
  if (replacing.makeFolders === true) makeFolders(folder, path);
  else if (statOrNot(folder)?.isDirectory() !== true)
    throw new UsageError(`${path}: there is no folder '${folder}'`);
  const stat = statToWrite(path);
  if (stat === undefined || isStream(stat)) return;
  if (!stat.isFile()) throw new UsageError(`${path}: is a folder, expected the name of a file`);
  if (replacing.force === true) return;
  if (replacing.isOurs === undefined)
    throw new UsageError(`${path}: exists already; give --force to replace it`);
  if (!replacing.isOurs(beginning(path)))
    throw new UsageError(
      `${path}: is no ${replacing.what} of this command and is not replaced; expected another name, or a file that does not exist`,
    );
}

/** @throws UsageError; then a file that was there is as it was */
export function writeFile(path: string, text: string, replacing: Replacing): void {
  checkWritable(path, replacing);
  whole(() => {
    writeOrNot(path, text);
  });
}

/** A new name in the folder of a file. It is short: that of the file can be as long as names may be. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`);
}

function writeOrNot(path: string, text: string): void {
  const stat = statOrNot(path);
  const temporary = temporaryBeside(path);
  try {
    if (stat !== undefined && isStream(stat)) writeFileSync(path, text);
    else {
      writeFileSync(temporary, text, { flag: 'wx' });
      renameSync(temporary, path);
    }
  } catch (error) {
    // Not there where its path is too long.
    if (statOrNot(temporary) !== undefined) rmSync(temporary, { force: true });
    throw new UsageError(`${path}: cannot be written (${codeOf(error)})`);
  }
}

/** What is there. @throws UsageError for a name that no file can have: before long work, not after it */
function statToWrite(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new UsageError(`${path}: cannot be written (${codeOf(error)})`);
  }
}

function makeFolders(folder: string, path: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw new UsageError(
      `${path}: its folder '${folder}' is not there and cannot be made (${codeOf(error)})`,
    );
  }
}

/** /dev/stdout, a pipe, a terminal. */
function isStream(stat: Stats): boolean {
  return !stat.isFile() && !stat.isDirectory();
}

function beginning(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new UsageError(`${path}: cannot be written (${codeOf(error)})`);
  }
  try {
    const bytes = Buffer.alloc(HEAD);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, HEAD, 0));
  } finally {
    closeSync(fd);
  }
}
