// SPDX-License-Identifier: GPL-2.0-only
// Each package from its tarball, in an empty folder with what it declares: JavaScript, TypeScript, its README's example.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { commonJs, examples } from './readme';
import { beginAll, node, output } from './spawn';
import { consumer, needBuild } from './tarballs';
import { type Package, closure, entries, packages, registryFolders, root } from './workspace';

/** What a project asks of TypeScript to compile a consumer. */
const PROJECTS = {
  cjs: { type: 'commonjs', options: { module: 'node16', moduleResolution: 'node16' } },
  esm: { type: 'module', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
} as const;

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

/** Of the registry: its declarations name types of Emscripten that it does not declare. */
const FAULTY_TYPES = ['web-tree-sitter'];

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
function put(folder: string, file: string, content: object | string): void {
  mkdirSync(folder, { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  writeFileSync(join(folder, file), text);
}

/** The names that an entry gives away, as JSON on stdout. */
const REQUIRED = `const names = (m) => Object.keys(m).filter((n) => n !== 'default' && n !== '__esModule').sort();
console.log(JSON.stringify(process.argv.slice(2).map((entry) => names(require(entry)))));`;
const IMPORTED = `const names = (m) => Object.keys(m).filter((n) => n !== 'default' && n !== '__esModule').sort();
const modules = await Promise.all(process.argv.slice(2).map((entry) => import(entry)));
console.log(JSON.stringify(modules.map(names)));`;

const installed = beginAll(packages, consumer);

const compiler = (name: 'typescript' | 'typescript-7'): string =>
  join(root, 'node_modules', name, 'bin', 'tsc');

type Kind = keyof typeof PROJECTS;

/** A project of its kind in a folder of its own, with the typed uses of some packages. */
function putProject(folder: string, kind: Kind, pkgs: readonly Package[]): void {
  const { type, options } = PROJECTS[kind];
  put(folder, 'package.json', { private: true, type });
  const skipLibCheck = pkgs.some((pkg) =>
    [...closure(pkg)].some(({ manifest }) =>
      FAULTY_TYPES.some((dep) => manifest.dependencies?.[dep] !== undefined),
    ),
  );
  const compilerOptions = { ...STRICT, ...options, skipLibCheck };
  put(folder, 'tsconfig.json', { compilerOptions });
  for (const { short } of pkgs)
    copyFileSync(join(__dirname, 'uses', `${short}.ts`), join(folder, `use-${short}.ts`));
}

/** Compiles the package's typed use as each kind of project. */
const compiled = beginAll(packages, async (pkg: Package): Promise<void> => {
  const folder = await installed(pkg);
  const kinds = Object.keys(PROJECTS) as Kind[];
  for (const kind of kinds) putProject(join(folder, kind), kind, [pkg]);
  await node(folder, compiler('typescript-7'), '--build', ...kinds);
});

for (const pkg of packages)
  describe(`the tarball of ${pkg.manifest.name}, alone with what it declares`, function () {
    this.timeout(180_000);
    let folder = '';

    before(async function () {
      needBuild(this);
      folder = await installed(pkg);
    });

    it('comes with its declared dependencies and nothing else', () => {
      const modules = join(folder, 'node_modules');
      expect(readdirSync(join(modules, '@iommu-bounce')).sort()).to.deep.equal(
        [...closure(pkg)].map((p) => p.short).sort(),
      );
      if (registryFolders(closure(pkg)).size === 0)
        expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).to.have.lengthOf(1);
    });

    it('gives plain JavaScript the same names by require and by import', async () => {
      put(folder, 'names.cjs', REQUIRED);
      put(folder, 'names.mjs', IMPORTED);
      const required = JSON.parse(await node(folder, 'names.cjs', ...entries(pkg))) as string[][];
      const imported = JSON.parse(await node(folder, 'names.mjs', ...entries(pkg))) as string[][];
      expect(imported).to.deep.equal(required);
      for (const names of required) expect(names).to.not.be.empty;
    });

    it('has types for CommonJS, for ES modules and for a bundler', async () => {
      await compiled(pkg);
      await node(folder, `cjs/out/use-${pkg.short}.js`);
      await node(folder, `esm/out/use-${pkg.short}.js`);
    });

    it("runs its README's examples in every form, which print what the README says", async () => {
      const readme = join(folder, 'node_modules', pkg.manifest.name, 'README.md');
      if (!existsSync(readme)) throw new Error(`${pkg.manifest.name} has no README.md`);
      const all = examples(readFileSync(readme, 'utf8')).filter(({ isSuite }) => !isSuite);
      if (all.length === 0)
        throw new Error(`the README.md of ${pkg.manifest.name} has no example in a js block`);
      const readmes = join(folder, 'readme');
      for (const { index, code } of all) {
        put(readmes, `js-${String(index)}.mjs`, code);
        put(readmes, `js-${String(index)}.cjs`, commonJs(code));
        for (const type of ['mts', 'cts']) put(readmes, `ts-${String(index)}.${type}`, code);
      }
      put(readmes, 'tsconfig.json', {
        compilerOptions: README_OPTIONS,
        include: ['*.mts', '*.cts'],
        exclude: [],
      });
      await node(readmes, join(root, 'node_modules', 'typescript-7', 'bin', 'tsc'), '-p', '.');
      // One after the other: an example may write a file, the same one in each form.
      for (const { index, prints } of all)
        for (const form of ['js-N.mjs', 'js-N.cjs', 'ts-N.mjs', 'ts-N.cjs']) {
          const printed = await node(readmes, form.replace('N', String(index)));
          if (prints !== undefined) expect(printed, form).to.equal(prints);
          else expect(printed, form).to.not.equal('');
        }
    });

    for (const name of Object.keys(pkg.manifest.bin ?? {}))
      it(`has the command ${name}`, async () => {
        const command = join(folder, 'node_modules', '.bin', name);
        expect(await output(folder, command, ['--help'])).to.match(new RegExp(`^Usage: ${name}`));
      });
  });

/** Nobody else depends on the last; of the others, whose declarations can all be checked, `safety` is the last. */
describe('the compiler in JavaScript, which takes ten times as long', function () {
  this.timeout(400_000);
  before(function () {
    needBuild(this);
  });

  for (const last of ['safety', 'lab'] as const)
    it(`takes the types of ${last}, and of all that it needs`, async () => {
      const pkg = packages.find(({ short }) => short === last);
      if (pkg === undefined) throw new Error(`expected a package '${last}'`);
      const folder = join(await installed(pkg), 'typescript-6');
      putProject(folder, 'cjs', [...closure(pkg)]);
      await node(folder, compiler('typescript'), '--build', '.');
    });
});
