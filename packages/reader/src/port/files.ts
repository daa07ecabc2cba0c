// SPDX-License-Identifier: GPL-2.0-only
// Where the sources of the port are: in the installed packages, or in a folder of packages.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ReadError } from '../read-error';
import { parsePortFile } from './parse';
import type { Port, PortFile } from './port';

/** The packages that mirror C. */
const PACKAGES = ['linux-shim', 'iommu-core', 'dma-iommu', 'io-buffer-pool'] as const;

/** All .ts files below a folder, sorted, relative to it. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort();
}

/** @param shown what messages and pages call the folder */
function readPackage(name: string, folder: string, shown: string): PortFile[] {
  return sources(folder).flatMap((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8').replace(/\r\n/gu, '\n');
    return parsePortFile(path.posix.join(shown, file), name, text) ?? [];
  });
}

/** The highest patch that a file or a doc comment names. */
function patchesOf(files: readonly PortFile[]): number {
  const named = files.flatMap((file) => [
    file.beforePatch ?? 0,
    ...file.definitions.map((definition) => definition.patch ?? 0),
  ]);
  return named.reduce((most, patch) => Math.max(most, patch), 0);
}

/** The installed port. @throws ReadError if a package has no sources */
function installed(): PortFile[] {
  const resolve = createRequire(__filename).resolve;
  return PACKAGES.flatMap((name) => {
    const folder = path.join(path.dirname(resolve(`@iommu-bounce/${name}/package.json`)), 'src');
    if (!existsSync(folder))
      throw new ReadError(
        `${folder}: missing; expected the sources that @iommu-bounce/${name} ships`,
      );
    return readPackage(name, folder, `packages/${name}/src`);
  });
}

/**
 * Reads the TypeScript side.
 * @param folder a folder of packages, each with a folder `src`, in place of the installed ones
 * @throws ReadError if no file there says which C it mirrors
 */
export function readPort(folder?: string): Port {
  let files: PortFile[];
  if (folder === undefined) files = installed();
  else {
    if (!existsSync(folder))
      throw new ReadError(`${folder}: no such folder; expected packages with sources`);
    files = readdirSync(folder)
      .sort()
      .map((name) => ({ name, src: path.join(folder, name, 'src') }))
      .filter(({ src }) => existsSync(src))
      .flatMap(({ name, src }) => readPackage(name, src, src.split(path.sep).join('/')));
  }
  if (files.length === 0)
    throw new ReadError(
      `${folder ?? 'the port'}: no file mirrors C; expected PACKAGE/src/*.ts with 'C: PATH' in the comment at the top`,
    );
  return { files, patches: patchesOf(files) };
}
