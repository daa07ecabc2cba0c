// SPDX-License-Identifier: GPL-2.0-only
// Packs every package, and what they need of the registry, once; installs tarballs into empty folders without a network.

import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from './spawn';
import { type Package, closure, packages, registryFolders } from './workspace';

export interface Tarball {
  readonly file: string;
  /** The paths in it. */
  readonly contents: readonly string[];
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

let scratch: string | undefined;

/** A new empty folder, gone when the tests end. */
export function emptyFolder(name: string): string {
  if (scratch === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'iommu-bounce-consume-'));
    scratch = made;
    process.on('exit', () => {
      rmSync(made, { recursive: true, force: true });
    });
  }
  return mkdtempSync(join(scratch, `${name}-`));
}

let packed: Promise<ReadonlyMap<string, Tarball>> | undefined;

/** Tarballs of the packages and of what they need of the registry, by folder. */
export function tarballs(): Promise<ReadonlyMap<string, Tarball>> {
  return (packed ??= pack());
}

async function pack(): Promise<ReadonlyMap<string, Tarball>> {
  const folders = [...packages.map((p) => p.folder), ...registryFolders(packages)];
  const into = emptyFolder('tarballs');
  const options = ['--json', '--offline', '--ignore-scripts', '--pack-destination', into];
  const json = await output(into, 'npm', ['pack', ...options, ...folders]);
  const all = JSON.parse(json) as readonly Packed[];
  return new Map(
    all.map(({ filename, files }, i) => [
      folders[i] ?? '',
      { file: join(into, filename), contents: files.map((f) => f.path) },
    ]),
  );
}

export async function tarballOf(pkg: Package): Promise<Tarball> {
  const tarball = (await tarballs()).get(pkg.folder);
  if (tarball === undefined) throw new Error(`${pkg.manifest.name} was not packed`);
  return tarball;
}

/** Installs the packages' tarballs, and nothing but what they (and `also`) need of the registry, into a folder. */
export async function install(
  folder: string,
  pkgs: Iterable<Package>,
  ...also: readonly Package[]
): Promise<void> {
  const list = [...pkgs];
  const wanted = [...list.map((p) => p.folder), ...registryFolders([...list, ...also])];
  if (wanted.length === 0) return;
  const all = await tarballs();
  const files = wanted.map((path) => all.get(path)?.file ?? path);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const options = ['--offline', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  await output(folder, 'npm', ['install', ...options, ...files]);
  for (const { manifest } of list)
    if (lstatSync(join(folder, 'node_modules', manifest.name)).isSymbolicLink())
      throw new Error(`${manifest.name} is a link, not what was packed`);
}

/** An empty folder with the package and what it declares to need. */
export async function consumer(pkg: Package): Promise<string> {
  const folder = emptyFolder(pkg.short);
  await install(folder, closure(pkg));
  return folder;
}

/** The files that a package's exports name, patterns left out. */
function exported(exports: unknown): string[] {
  if (typeof exports === 'string') return exports.includes('*') ? [] : [exports];
  return Object.values(exports as object).flatMap(exported);
}

/** The packages that `npm run build` has not made: a file is missing that they export. */
export function unbuilt(): string[] {
  return packages
    .filter((p) => !exported(p.manifest.exports).every((file) => existsSync(join(p.folder, file))))
    .map((p) => p.short);
}

/** For a `before`: without a build there is nothing to pack, so says so and skips. */
export function needBuild(context: Mocha.Context): void {
  const missing = unbuilt();
  if (missing.length === 0) return;
  console.log(`      skipped: not built (npm run build): ${missing.join(', ')}`);
  context.skip();
}
