// SPDX-License-Identifier: GPL-2.0-only
// A capture that is given twice would count everything twice.

import { digestOf, findRepeatedLines } from '@iommu-bounce/dma-trace';
import { UsageError } from '../errors';
import { statOrNot } from '../files';
import { plural } from '../show/format';

/**
 * By path, by inode (a link) and by content (a copy, or the .gz of another).
 * @throws UsageError that names both, TraceError for a file that cannot be read
 */
export async function refuseRepeated(
  files: readonly string[],
  pathOf: (file: string) => string = (file) => file,
): Promise<void> {
  if (files.length < 2) return;
  const byInode = new Map<string, string>();
  for (const file of files) once(byInode, inodeOf(pathOf(file)), file, 'is the same file as');
  const byContent = new Map<string, string>();
  for (const file of files)
    // A pipe can be read once only.
    if (statOrNot(pathOf(file))?.isFile() === true)
      once(byContent, await digestOf(pathOf(file)), file, 'has the same content as');
}

/**
 * The same, and by their lines: where some of them are in two captures, figures of both would count them twice.
 * @throws UsageError that names the lines, TraceError for a file that cannot be read
 */
export async function refuseRepeatedLines(
  files: readonly string[],
  pathOf: (file: string) => string = (file) => file,
): Promise<void> {
  await refuseRepeated(files, pathOf);
  const found = await findRepeatedLines(
    files.filter((file) => statOrNot(pathOf(file))?.isFile() === true),
    pathOf,
  );
  if (!found) return;
  const { file, other, lines, line, otherLine, whole } = found;
  const from = `${plural(lines, 'line')} from line ${String(line)} on`;
  throw new UsageError(
    whole
      ? `${file}: all of it, ${from}, is in ${other} from line ${String(otherLine)} on; expected each line once: leave ${file} out`
      : `${file}: its ${from} are the last ones of ${other}, from line ${String(otherLine)} on; expected each line once: cut them off one of the two`,
  );
}

function once(seen: Map<string, string>, key: string, file: string, says: string): void {
  const before = seen.get(key);
  if (before === file) throw new UsageError(`${file}: is given twice; expected each capture once`);
  if (before !== undefined)
    throw new UsageError(`${file}: ${says} ${before}; expected each capture once`);
  seen.set(key, file);
}

function inodeOf(file: string): string {
  const stat = statOrNot(file);
  return stat ? `${String(stat.dev)} ${String(stat.ino)}` : file;
}
