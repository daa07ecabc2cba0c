// SPDX-License-Identifier: GPL-2.0-only
// Projects that compile against a package outside the repository: what they ask of TypeScript, and TypeScript itself.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node } from './spawn';
import { type Package, closure, root } from './workspace';

const PROJECTS = {
  cjs: { type: 'commonjs', options: { module: 'node16', moduleResolution: 'node16' } },
  esm: { type: 'module', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
} as const;

export type Kind = keyof typeof PROJECTS;

export const KINDS = Object.keys(PROJECTS) as Kind[];

/** What is ours is checked whole: the declarations in the tarballs too. */
const STRICT = {
  target: 'es2022',
  lib: ['es2022'],
  types: [],
  strict: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true, // TypeScript's own files, half of the time
  declaration: true,
  outDir: 'out',
};

/** Of the registry: its declarations name a type of Emscripten that it does not declare. */
const FAULTY_TYPES = ['web-tree-sitter'];
const MISSING_TYPES = 'interface EmscriptenModule {}\n';

/** What a README's examples are compiled with: they may use Node's API, and what the registry has is not ours. */
const README_OPTIONS = {
  ...STRICT,
  ...{
    module: 'nodenext',
    moduleResolution: 'nodenext',
    declaration: false,
    rootDir: '.',
    outDir: '.',
  },
  ...{ types: ['node'], typeRoots: [join(root, 'node_modules', '@types')], skipLibCheck: true },
};

/** Writes a file of JSON or text, and the folder that it is in. */
export function put(folder: string, file: string, content: object | string): void {
  mkdirSync(folder, { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  writeFileSync(join(folder, file), text);
}

/** A project of its kind in a folder of its own, with the typed uses of some packages. */
export function putProject(folder: string, kind: Kind, pkgs: readonly Package[]): void {
  const { type, options } = PROJECTS[kind];
  put(folder, 'package.json', { private: true, type });
  put(folder, 'tsconfig.json', { compilerOptions: { ...STRICT, ...options } });
  const isFaulty = pkgs.some((pkg) =>
    [...closure(pkg)].some(({ manifest }) =>
      FAULTY_TYPES.some((dep) => manifest.dependencies?.[dep] !== undefined),
    ),
  );
  if (isFaulty) put(folder, 'missing.d.ts', MISSING_TYPES);
  for (const { short } of pkgs)
    copyFileSync(join(__dirname, 'uses', `${short}.ts`), join(folder, `use-${short}.ts`));
}

/** A project for the examples of a README. */
export function putReadme(folder: string): void {
  put(folder, 'tsconfig.json', {
    compilerOptions: README_OPTIONS,
    include: ['*.mts', '*.cts'],
    exclude: [],
  });
}

/** Compiles the projects in a folder; @throws Error with what the compiler says. */
export async function compile(
  compiler: 'typescript' | 'typescript-7',
  folder: string,
  ...projects: readonly string[]
): Promise<void> {
  const tsc = join(root, 'node_modules', compiler, 'bin', 'tsc');
  await node(folder, tsc, '--build', ...projects);
}
