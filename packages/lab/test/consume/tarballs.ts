// SPDX-License-Identifier: GPL-2.0-only
// Packs every package once, unpacks each tarball once, and makes folders with a package and what it declares to need.

import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { output } from './spawn';
import { type Package, closure, packages, registryFolders, root } from './workspace';

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

/** Tarballs by folder: of the packages, and of what the one needs of the registry that npm itself installs. */
export function tarballs(): Promise<ReadonlyMap<string, Tarball>> {
  return (packed ??= pack());
}

/** The package that npm itself installs: it needs others of ours and one of the registry. */
export const INSTALLED = packages.filter(({ short }) => short === 'integration');

async function pack(): Promise<ReadonlyMap<string, Tarball>> {
  const folders = [
    ...packages.map((p) => p.folder),
    ...registryFolders(INSTALLED.flatMap((p) => [...closure(p)])),
  ];
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

/** Puts each file of a package into another folder; what it needs is no part of it. */
function eachFile(
  from: string,
  to: string,
  put: (from: string, to: string) => void,
  isTop = true,
): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isFile()) put(source, target);
    else if (!entry.isDirectory()) throw new Error(`${source} is no file, and no folder`);
    else if (!isTop || entry.name !== 'node_modules') eachFile(source, target, put, false);
  }
}

let unpacked: Promise<string> | undefined;

/** A folder with what each tarball holds, in a folder with the package's short name. */
async function unpack(): Promise<string> {
  const top = emptyFolder('unpacked');
  const unpackOne = async (pkg: Package): Promise<void> => {
    const folder = join(top, pkg.short);
    mkdirSync(folder);
    const { file } = await tarballOf(pkg);
    await output(folder, 'tar', ['-xzf', file, '--strip-components=1']);
  };
  await Promise.all(packages.map(unpackOne));
  return top;
}

/**
 * Puts what the packages' tarballs hold, and nothing but what they (and `also`) need of the registry, into a folder. No
 * file is a symbolic link: Node would follow it, to where everything is.
 */
export async function install(
  folder: string,
  pkgs: Iterable<Package>,
  ...also: readonly Package[]
): Promise<void> {
  const list = [...pkgs];
  const top = await (unpacked ??= unpack());
  for (const { short, manifest } of list)
    eachFile(join(top, short), join(folder, 'node_modules', manifest.name), linkSync);
  for (const path of registryFolders([...list, ...also])) {
    const of = list.find((p) => path.startsWith(`${p.folder}${sep}`));
    const at = of
      ? join('node_modules', of.manifest.name, relative(of.folder, path))
      : relative(root, path);
    // Copied: whoever writes into one must not change what the repository itself runs with.
    eachFile(path, join(folder, at), copyFileSync);
  }
}

/** An empty folder with the package and what it declares to need. */
export async function consumer(pkg: Package): Promise<string> {
  const folder = emptyFolder(pkg.short);
  const dependencies = { [pkg.manifest.name]: pkg.manifest.version };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
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
