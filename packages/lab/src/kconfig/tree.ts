// SPDX-License-Identifier: GPL-2.0-only
// A source tree as a Kconfig sees it: its files, patterns, environment and, if the user allows it, the shell.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { ParseOptions } from '@iommu-bounce/kconfig-options';
import { UsageError } from '../errors';
import { statOrNot } from '../files';

export interface TreeOptions {
  /** The root of the tree; default: found from `file`. */
  readonly tree?: string;
  /** The Kconfig to start with; default: the one at the root. */
  readonly file?: string;
  readonly arch?: string;
  readonly allowShell: boolean;
  readonly macros: ReadonlyMap<string, string>;
}

export interface KconfigTree {
  /** The first file, as messages name it. */
  readonly file: string;
  readonly readFile: (path: string) => string | undefined;
  readonly options: ParseOptions;
}

/** Where projects keep their first file: most, Buildroot and busybox, coreboot. */
const FIRST_FILES = ['Kconfig', 'Config.in', 'src/Kconfig'];
/** Names of ARCH whose folder has another name, as in Linux's Makefile. */
const FOLDER_OF_ARCH: ReadonlyMap<string, string> = new Map([
  ['i386', 'x86'],
  ['x86_64', 'x86'],
  ['sparc32', 'sparc'],
  ['sparc64', 'sparc'],
  ['parisc64', 'parisc'],
]);
/** A command that takes longer hangs. */
const SHELL_TIMEOUT_MS = 30_000;

/** @throws UsageError where there is no such tree, file or architecture */
export function openTree(options: TreeOptions): KconfigTree {
  const { tree } = options;
  if (tree !== undefined && !isFolder(tree)) {
    throw new UsageError(`${tree}: no such folder, expected the root of a source tree`);
  }
  const file = tree === undefined ? (options.file ?? 'Kconfig') : firstFile(tree, options.file);
  const roots = tree === undefined ? rootsFor(file) : [tree];
  const env = environment(roots[0] ?? '.', options);
  return {
    file,
    readFile: (path) => {
      // The file of --file may be a pipe; what it sources is a file.
      if (tree === undefined && path === file) return readAny(path);
      return isAbsolute(path)
        ? readRegular(path)
        : firstOf([...roots, ...(tree === undefined ? ['.'] : [])], (root) =>
            readRegular(join(root, path)),
          );
    },
    options: {
      env: (name) => env[name],
      macros: options.macros,
      glob: (pattern) => firstOf(roots, (root) => nonEmpty(glob(root, pattern))) ?? [],
      ...(options.allowShell ? { shell: shellIn(roots[0] ?? '.', env) } : {}),
    },
  };
}

function firstFile(tree: string, file: string | undefined): string {
  if (file === undefined) {
    const found = FIRST_FILES.find((name) => existsSync(join(tree, name)));
    if (found !== undefined) return found;
    throw new UsageError(`${tree}: no ${FIRST_FILES.join(', ')} here; name the first with --file`);
  }
  if (!isAbsolute(file) && existsSync(join(tree, file))) return file;
  const inside = relative(resolve(tree), resolve(file));
  return inside.startsWith('..') || isAbsolute(inside) ? file : inside;
}

/** What `source` may be relative to: srctree, the folder of the file, or one above it. */
function rootsFor(file: string): string[] {
  const { srctree } = process.env;
  const roots = srctree === undefined || srctree === '' ? [] : [srctree];
  let folder = resolve(dirname(file));
  for (;;) {
    roots.push(folder);
    const above = dirname(folder);
    if (above === folder) return roots;
    folder = above;
  }
}

/** What the top Makefile of Linux exports, as far as Kconfig asks for it; the user's own environment wins. */
function environment(root: string, options: TreeOptions): Record<string, string | undefined> {
  const { arch } = options;
  const env: Record<string, string | undefined> = {
    CC: 'gcc',
    LD: 'ld',
    HOSTCC: 'gcc',
    PAHOLE: 'pahole',
    KERNELVERSION: kernelVersion(root),
    ...process.env,
    srctree: resolve(root),
  };
  if (arch !== undefined) {
    const folder = FOLDER_OF_ARCH.get(arch) ?? arch;
    checkArch(root, arch, folder, options.tree !== undefined);
    Object.assign(env, { ARCH: arch, SRCARCH: folder });
  }
  if (options.allowShell && env['CC_VERSION_TEXT'] === undefined) {
    const { stdout } = run(`${env['CC'] ?? 'gcc'} --version 2>/dev/null`, root, env);
    env['CC_VERSION_TEXT'] = stdout.split('\n')[0];
  }
  return env;
}

function checkArch(root: string, arch: string, folder: string, isTree: boolean): void {
  if (!isTree || !isFolder(join(root, 'arch')) || isFolder(join(root, 'arch', folder))) return;
  const known = readdirSync(join(root, 'arch')).filter((name) =>
    existsSync(join(root, 'arch', name, 'Kconfig')),
  );
  throw new UsageError(`--arch ${arch}: no arch/${folder} in the tree, only ${known.join(', ')}`);
}

function kernelVersion(root: string): string | undefined {
  const makefile = readRegular(join(root, 'Makefile'));
  if (makefile === undefined) return undefined;
  const part = (name: string) =>
    new RegExp(`^${name} *= *(.*)$`, 'm').exec(makefile)?.[1]?.trim() ?? '';
  const numbers = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(part).filter((one) => one !== '');
  return numbers.length === 0 ? undefined : numbers.join('.') + part('EXTRAVERSION');
}

function shellIn(
  root: string,
  env: Record<string, string | undefined>,
): (command: string) => string {
  const known = new Map<string, string>();
  return (command) => {
    let output = known.get(command);
    if (output === undefined) {
      output = run(command, root, env).stdout;
      known.set(command, output);
    }
    return output;
  };
}

function run(
  command: string,
  root: string,
  env: Record<string, string | undefined>,
): { stdout: string } {
  const { stdout, error } = spawnSync('/bin/sh', ['-c', command], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: SHELL_TIMEOUT_MS,
  });
  if (error)
    throw new UsageError(`the shell failed on '${command.slice(0, 100)}': ${error.message}`);
  return { stdout };
}

/** Paths below `root` that fit, like Python's glob: * and ? leave names that start with a dot. */
function glob(root: string, pattern: string): string[] {
  const isRooted = isAbsolute(pattern);
  let found = [isRooted ? '/' : ''];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found
        .map((folder) => join(folder, part))
        .filter((path) => existsSync(isRooted ? path : join(root, path)));
      continue;
    }
    const regExp = regExpOf(part);
    found = found.flatMap((folder) =>
      namesIn(isRooted ? folder : join(root, folder))
        .filter((name) => regExp.test(name) && (part.startsWith('.') || !name.startsWith('.')))
        .map((name) => join(folder, name)),
    );
  }
  return found;
}

function regExpOf(part: string): RegExp {
  const source = part.replace(/\[!?\]?[^\]]*\]|[^]/g, (piece) => {
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    if (piece.length > 1)
      return `[${piece.slice(1, -1).replace(/\\/g, '\\\\').replace(/^!/, '^')}]`;
    return piece.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function firstOf<T>(
  roots: readonly string[],
  find: (root: string) => T | undefined,
): T | undefined {
  for (const root of roots) {
    const found = find(root);
    if (found !== undefined) return found;
  }
  return undefined;
}

function nonEmpty(paths: string[]): string[] | undefined {
  return paths.length === 0 ? undefined : paths;
}

function isFolder(path: string): boolean {
  return statOrNot(path)?.isDirectory() ?? false;
}

/** No devices and pipes: a tree from elsewhere could make them be read for ever. */
function readRegular(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function readAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
