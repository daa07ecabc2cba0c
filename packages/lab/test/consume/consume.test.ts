// SPDX-License-Identifier: GPL-2.0-only
// Each package from its tarball, in an empty folder with what it declares: JavaScript, TypeScript, its README's example.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { KINDS, compile, put, putProject, putReadme } from './projects';
import { commonJs, examples } from './readme';
import { beginAll, node } from './spawn';
import { consumer, needBuild } from './tarballs';
import { type Package, closure, entries, packages, registryFolders } from './workspace';

/** Runs its files one after the other, each as soon as the one before has nothing left to do, and prints its name before. */
const RUN = `const files = process.argv.slice(2);
const next = () => {
  const file = files.shift();
  process.stdout.write('<<< ' + file + ' >>>\\n');
  void load(file);
};
process.on('beforeExit', () => {
  if (files.length > 0) setImmediate(next);
});
`;
const RUN_MODULES = `import { pathToFileURL } from 'node:url';
const load = (file) => import(pathToFileURL(file));
${RUN}`;
const RUN_COMMONJS = `const { resolve } = require('node:path');
const load = (file) => require(resolve(file));
${RUN}`;

/** The names that each entry gives away, as JSON on stdout. */
const NAMES = `const names = (m) => Object.keys(m).filter((n) => n !== 'default' && n !== '__esModule').sort();
console.log(JSON.stringify(modules.map(names)));
`;

const installed = beginAll(packages, async (pkg: Package): Promise<string> => {
  const folder = await consumer(pkg);
  put(folder, 'run.mjs', RUN_MODULES);
  put(folder, 'run.cjs', RUN_COMMONJS);
  return folder;
});

/** What each of the files prints, which are all modules or all CommonJS. */
async function run(cwd: string, runner: string, files: readonly string[]): Promise<string[]> {
  const printed = (await node(cwd, runner, ...files)).split(/<<< \S+ >>>\n/).slice(1);
  expect(printed, `what ${files.join(' and ')} print`).to.have.lengthOf(files.length);
  return printed;
}

const readmeExamples = (folder: string, pkg: Package): ReturnType<typeof examples> => {
  const readme = join(folder, 'node_modules', pkg.manifest.name, 'README.md');
  if (!existsSync(readme)) throw new Error(`${pkg.manifest.name} has no README.md`);
  return examples(readFileSync(readme, 'utf8')).filter(({ isSuite }) => !isSuite);
};

/** Compiles the package's typed use as each kind of project, and its README's examples. */
const compiled = beginAll(packages, async (pkg: Package): Promise<void> => {
  const folder = await installed(pkg);
  for (const kind of KINDS) putProject(join(folder, kind), kind, [pkg]);
  const readme = join(folder, 'readme');
  putReadme(readme);
  for (const { index, code } of readmeExamples(folder, pkg)) {
    put(readme, `js-${String(index)}.mjs`, code);
    put(readme, `js-${String(index)}.cjs`, commonJs(code));
    for (const type of ['mts', 'cts']) put(readme, `ts-${String(index)}.${type}`, code);
  }
  await compile('typescript-7', folder, ...KINDS, 'readme');
});

/** What can be required where these packages are: they, and what they need of the registry. */
const namesOf = (pkgs: Iterable<Package>): string[] => [
  ...[...pkgs].map(({ manifest }) => manifest.name),
  ...[...registryFolders(pkgs)].map((folder) => folder.split('/node_modules/').at(-1) ?? ''),
];

/** Whether Node finds a package from a folder. */
function finds(folder: string, name: string): boolean {
  const paths = createRequire(join(folder, 'any.js')).resolve.paths(name) ?? [];
  return paths.some((path) => existsSync(join(path, name)));
}

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
        expect(readdirSync(modules)).to.have.lengthOf(1);
      const declared = namesOf(closure(pkg));
      const others = [...namesOf(packages), 'mocha'].filter((name) => !declared.includes(name));
      expect(others.filter((name) => finds(folder, name))).to.be.empty;
      // Node would follow links, to where it finds the others.
      const all = readdirSync(modules, { recursive: true, withFileTypes: true });
      expect(all.filter((entry) => entry.isSymbolicLink())).to.be.empty;
    });

    it('has types for CommonJS, for ES modules and for a bundler', async () => {
      await compiled(pkg);
    });

    it('works when required and when imported, with the same names', async () => {
      await compiled(pkg);
      const list = entries(pkg);
      const required = list.map((entry) => `require('${entry}')`);
      const imported = list.map((entry) => `import('${entry}')`);
      put(folder, 'names.cjs', `const modules = [${required.join(', ')}];\n${NAMES}`);
      put(
        folder,
        'names.mjs',
        `const modules = await Promise.all([${imported.join(', ')}]);\n${NAMES}`,
      );
      const use = `out/use-${pkg.short}.js`;
      const [, ofRequire] = await run(folder, 'run.cjs', [`cjs/${use}`, 'names.cjs']);
      const [, ofImport] = await run(folder, 'run.mjs', [`esm/${use}`, 'names.mjs']);
      const names = JSON.parse(ofRequire ?? '') as string[][];
      expect(JSON.parse(ofImport ?? '')).to.deep.equal(names);
      for (const ofEntry of names) expect(ofEntry).to.not.be.empty;
    });

    it("runs its README's examples in every form, which print what the README says", async () => {
      await compiled(pkg);
      const all = readmeExamples(folder, pkg);
      if (all.length === 0)
        throw new Error(`the README.md of ${pkg.manifest.name} has no example in a js block`);
      // One after the other: an example may write a file, the same one in each form.
      for (const { index, prints } of all)
        for (const type of ['mjs', 'cjs']) {
          const forms = ['js', 'ts'].map((language) => `${language}-${String(index)}.${type}`);
          const printed = await run(join(folder, 'readme'), join('..', `run.${type}`), forms);
          for (const [i, text] of printed.entries())
            if (prints !== undefined) expect(text, forms[i]).to.equal(prints);
            else expect(text, forms[i]).to.not.equal('');
        }
    });
  });

describe('the compiler in JavaScript, which takes ten times as long', function () {
  this.timeout(400_000);
  before(function () {
    needBuild(this);
  });

  it('takes the types of every package', async () => {
    const last = packages.at(-1);
    if (last === undefined) throw new Error('expected packages');
    expect([...closure(last)], `what ${last.short} needs`).to.have.members([...packages]);
    const folder = await installed(last);
    putProject(join(folder, 'typescript-6'), 'cjs', packages);
    await compile('typescript', folder, 'typescript-6');
  });
});
