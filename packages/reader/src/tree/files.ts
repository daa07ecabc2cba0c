// SPDX-License-Identifier: GPL-2.0-only
// The reader's kernel tree, or the few files of one. The only module of tree/ with Node's API.

import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ReadError, messageOf } from '../read-error';
import { withLineFeeds } from '../syntax/line-ends';
import type { Series } from '../series/series';
import { type Kernel, buildTree } from './apply';
import type { CTree } from './c-file';

/** The versions whose files are those of the series, but for line numbers. */
const VERSIONS = ['5.13', '5.14'];

function gitId(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return createHash('sha1')
    .update(`blob ${String(bytes.length)}\0`)
    .update(bytes)
    .digest('hex');
}

function readText(name: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(name);
  } catch (error) {
    throw new ReadError(`${name}: cannot be read: ${messageOf(error)}`);
  }
  if (bytes.includes(0)) throw new ReadError(`${name}: is binary; expected a text`);
  return withLineFeeds(isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1'));
}

function checkVersion(folder: string): void {
  const makefile = path.join(folder, 'Makefile');
  if (!existsSync(makefile)) return;
  const text = readText(makefile);
  const version = /^VERSION *= *(\d+)/m.exec(text)?.[1];
  const level = /^PATCHLEVEL *= *(\d+)/m.exec(text)?.[1];
  if (version === undefined || level === undefined) return;
  if (!VERSIONS.includes(`${version}.${level}`))
    throw new ReadError(
      `${makefile}: Linux ${version}.${level}; expected 5.13-rc7 to 5.14, where the series applies`,
    );
}

function readKernel(folder: string, paths: readonly string[]): Kernel {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new ReadError(`${folder}: no such folder; expected the root of a kernel tree`);
  checkVersion(folder);
  const names = paths.filter((name) => {
    const file = path.join(folder, name);
    return existsSync(file) && statSync(file).isFile();
  });
  if (names.length === 0)
    throw new ReadError(
      `${folder}: has none of the files, such as ${paths[0] ?? ''}; expected the root of a kernel tree`,
    );
  const files = new Map(names.map((name) => [name, readText(path.join(folder, name))] as const));
  return { name: folder, files };
}

/**
 * Reads a kernel tree and applies the series to it.
 * @param folder the root of a kernel tree or of a few of its files; null: no tree, files are known by the hunks only
 * @param mirrored the C files that the port mirrors, from the root; those that are there are in the result, changed or not
 * @throws ReadError if the tree is of another version, has none of the files, or the series does not apply to it
 */
export function openTree(
  series: Series,
  folder: string | null,
  mirrored: readonly string[],
): CTree {
  if (folder === null) return buildTree(series, null, gitId);
  const changed = series.patches.flatMap(({ files }) => files.map((file) => file.path));
  return buildTree(series, readKernel(folder, [...new Set([...changed, ...mirrored])]), gitId);
}
