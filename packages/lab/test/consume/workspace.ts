// SPDX-License-Identifier: GPL-2.0-only
// The packages of this repository as their package.json files describe them, and what each of them declares to need.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Without the scope. */
  readonly short: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

export const root = join(__dirname, '..', '..', '..', '..');

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

const { workspaces } = readJson<{ workspaces: readonly string[] }>(join(root, 'package.json'));

export const packages: readonly Package[] = workspaces.map((path) => {
  const folder = join(root, path);
  const manifest = readJson<Manifest>(join(folder, 'package.json'));
  return { short: manifest.name.replace(/^@[^/]+\//, ''), folder, manifest };
});

/** The modules that a package exports, as an importer writes them: no files of data. */
export function entries({ manifest }: Package): string[] {
  return Object.keys(manifest.exports)
    .filter((path) => !path.endsWith('.json') && !path.includes('*'))
    .map((path) => manifest.name + path.slice(1));
}

/** The package and the workspace packages that it declares as dependencies, and theirs. */
export function closure(pkg: Package, found = new Set<Package>()): Set<Package> {
  found.add(pkg);
  for (const name of Object.keys(pkg.manifest.dependencies ?? {})) {
    const other = packages.find((p) => p.manifest.name === name);
    if (other && !found.has(other)) closure(other, found);
  }
  return found;
}

/** Folders of what these packages declare to need of the registry, and of what that needs. */
export function registryFolders(pkgs: Iterable<Package>): Set<string> {
  const found = new Set<string>();
  for (const { folder, manifest } of pkgs) collect(manifest, folder, found);
  return found;
}

function collect(manifest: Manifest, from: string, found: Set<string>): void {
  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const name of Object.keys(needed)) {
    if (packages.some((p) => p.manifest.name === name)) continue;
    const folder = installed(name, from);
    if (folder === undefined) {
      if (manifest.optionalDependencies?.[name] !== undefined) continue;
      throw new Error(`${manifest.name} needs ${name}, which is not installed: run npm ci`);
    }
    if (found.has(folder)) continue;
    found.add(folder);
    collect(readJson<Manifest>(join(folder, 'package.json')), folder, found);
  }
}

/** Where Node would find a package from a folder. */
function installed(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    try {
      readFileSync(join(folder, 'package.json'));
      return folder;
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
}
