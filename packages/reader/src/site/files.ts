// SPDX-License-Identifier: GPL-2.0-only
// The site's files: the script and style of its pages, and a folder that is written whole or not at all.

import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { sha256 } from '../html/files';
import { ReadError, messageOf } from '../read-error';
import type { PageAssets } from './frame';

/** In the folder: what the reader wrote there, one name a line. */
export const MANIFEST = '.iommu-bounce-site';
const MANIFEST_HEAD =
  'Files of this folder that iommu-bounce read wrote, and may replace or remove:';

/** The script and style that all pages have in them, as the build bundled them. */
export function pageAssets(): PageAssets {
  const packageRequire = createRequire(join(__dirname, 'files.js'));
  const root = dirname(packageRequire.resolve('@iommu-bounce/reader/package.json'));
  const [script, style] = ['site-page.js', 'site-page.css'].map((name) => {
    const path = join(root, 'dist', name);
    if (!existsSync(path)) throw new ReadError(`${path} is missing: run npm run build`);
    return readFileSync(path, 'utf8').trim();
  });
  return assetsOf(script ?? '', style ?? '');
}

/** A script and a style with their hashes. */
export function assetsOf(script: string, style: string): PageAssets {
  return { script, scriptHash: sha256(script), style, styleHash: sha256(style) };
}

/** A folder for a site: what the reader wrote there before, and what it did not. */
interface SiteFolder {
  readonly target: string;
  readonly ours: ReadonlySet<string>;
  readonly foreign: readonly string[];
}

/**
 * To be called before long work; writeSite does it again.
 * @throws {ReadError} a folder that is refused whatever the site is
 */
export function checkSiteFolder(folder: string, force: boolean): void {
  siteFolder(folder, force);
}

function siteFolder(folder: string, force: boolean): SiteFolder {
  if (folder === '') throw new ReadError('the name of the folder is empty, expected one to write');
  const target = resolve(folder);
  const present = presentIn(target, folder);
  const ours = readManifest(target);
  const foreign = present.filter((name) => !ours.has(name));
  const [first] = foreign;
  if (first !== undefined && !force)
    throw new ReadError(
      `${folder}: holds ${first}, which iommu-bounce did not write; choose another folder, or use --force to add the site to it`,
    );
  return { target, ours, foreign };
}

/**
 * Writes a site into a folder, whole or not at all. The folder's parent has to exist.
 *
 * An absent or empty folder is taken. One that holds anything the reader did not write is refused, unless `force` is
 * set; then everything else in it stays, and only files of the reader's own manifest are replaced or removed. A site
 * with pages of patches is not replaced by one without, unless `force` is set.
 * @param files path in the site and text; a path has no folder
 * @returns whether an earlier site was replaced
 * @throws {ReadError} a folder that holds something else, a file in its place, a write that failed
 */
export function writeSite(
  folder: string,
  files: ReadonlyMap<string, string>,
  force: boolean,
): boolean {
  const { target, ours, foreign } = siteFolder(folder, force);
  const names = [...files.keys()];
  const taken = names.find((name) => foreign.includes(name));
  if (taken !== undefined)
    throw new ReadError(
      `${folder}: ${taken} is not one of iommu-bounce's files and stays as it is; move it, or choose another folder`,
    );
  if (!force && hasPatches(ours) && !hasPatches(names))
    throw new ReadError(
      `${folder}: holds a site with the C of a series, and the new one has none; choose another folder, or use --force to replace it`,
    );
  // Not longer than the folder's own name: that may be as long as a name can be.
  const temporary = join(dirname(target), `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    writeAll(temporary, files);
    if (foreign.length === 0) replaceFolder(target, temporary);
    else mergeInto(target, temporary, names, ours);
  } catch (error) {
    throw new ReadError(`${folder}: cannot write the site: ${messageOf(error)}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return ours.size > 0;
}

function hasPatches(names: Iterable<string>): boolean {
  return [...names].some((name) => /^patch-\d+\.html$/.test(name));
}

function presentIn(target: string, folder: string): string[] {
  const parent = dirname(target);
  if (!existsSync(parent))
    throw new ReadError(`${folder}: the folder ${dirname(folder)} does not exist`);
  try {
    const stat = lstatSync(target, { throwIfNoEntry: false });
    if (!stat) return [];
    if (stat.isDirectory()) return readdirSync(target).sort();
  } catch (error) {
    throw new ReadError(`${folder}: cannot write the site: ${messageOf(error)}`);
  }
  throw new ReadError(`${folder}: is a file or link, expected a folder`);
}

function writeAll(temporary: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(temporary);
  for (const [name, text] of files) {
    if (basename(name) !== name || name === MANIFEST) throw new Error(`bad file name ${name}`);
    writeFileSync(join(temporary, name), text);
  }
  const manifest = [MANIFEST_HEAD, ...[...files.keys()].sort()];
  writeFileSync(join(temporary, MANIFEST), `${manifest.join('\n')}\n`);
}

/** The old folder steps aside, and comes back if the new one cannot take its place. */
function replaceFolder(target: string, temporary: string): void {
  if (!existsSync(target)) {
    renameSync(temporary, target);
    return;
  }
  const aside = `${temporary}.old`;
  renameSync(target, aside);
  try {
    renameSync(temporary, target);
  } catch (error) {
    renameSync(aside, target);
    throw error;
  }
  rmSync(aside, { recursive: true });
}

/** Beside what others wrote: our old files step aside together, and come back if a new one cannot be put there. */
function mergeInto(
  target: string,
  temporary: string,
  names: readonly string[],
  ours: ReadonlySet<string>,
): void {
  const aside = `${temporary}.old`;
  mkdirSync(aside);
  const moved: string[] = [];
  const placed: string[] = [];
  try {
    for (const name of ours) {
      renameSync(join(target, name), join(aside, name));
      moved.push(name);
    }
    for (const name of [...names, MANIFEST]) {
      renameSync(join(temporary, name), join(target, name));
      placed.push(name);
    }
  } catch (error) {
    for (const name of placed) rmSync(join(target, name), { force: true });
    for (const name of moved) renameSync(join(aside, name), join(target, name));
    rmdirSync(aside);
    throw error;
  }
  rmSync(aside, { recursive: true });
}

/** What is the reader's in the folder. Plain files only: a folder or a link of such a name is somebody else's. */
function readManifest(target: string): Set<string> {
  const path = join(target, MANIFEST);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return new Set();
  const [head, ...names] = readFileSync(path, 'utf8').split('\n');
  if (head !== MANIFEST_HEAD) return new Set();
  const there = names.filter(
    (name) =>
      name !== '' &&
      basename(name) === name &&
      lstatSync(join(target, name), { throwIfNoEntry: false })?.isFile() === true,
  );
  return new Set([MANIFEST, ...there]);
}
