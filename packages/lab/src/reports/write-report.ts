// SPDX-License-Identifier: GPL-2.0-only
// Writes a report; of files that are there already only a report of ours is replaced.

import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../errors';
import { codeOf } from '../files';
import { GENERATOR } from '../show/page';

/** Our mark stands within this many bytes. */
const HEAD = 1024;

/** Throws a UsageError if the file is there and is not ours. */
export function checkReportFile(file: string): void {
  let head: string;
  try {
    head = beginning(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw new UsageError(`${file}: cannot be written as a report (${codeOf(error)})`);
  }
  if (!head.includes(`<meta name="generator" content="${GENERATOR}`))
    throw new UsageError(
      `${file}: is no report of this command and is not replaced; expected another name, or a file that does not exist`,
    );
}

/** Writes the whole file, or nothing. */
export function writeReport(file: string, text: string): void {
  checkReportFile(file);
  const unfinished = `${file}.${String(process.pid)}.unfinished`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(unfinished, text);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new UsageError(
      `${file}: cannot be written (${codeOf(error)}), expected a file in a folder of yours`,
    );
  }
}

function beginning(file: string): string {
  const bytes = Buffer.alloc(HEAD);
  const fd = openSync(file, 'r');
  try {
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, HEAD, 0));
  } finally {
    closeSync(fd);
  }
}
