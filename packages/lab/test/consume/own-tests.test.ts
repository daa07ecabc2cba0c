// SPDX-License-Identifier: GPL-2.0-only
// Each package's own tests use its public index; with CONSUME_FULL=1 they run on the tarballs, outside the workspace.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { attempt, node } from './spawn';
import { emptyFolder, install, needBuild, tarballOf } from './tarballs';
import { type Package, closure, packages, readJson, root } from './workspace';

const FULL = process.env['CONSUME_FULL'] === '1';

/** What runs the tests; none of it is needed by the packages themselves. */
const TOOLS = [
  '@swc',
  '@types',
  'chai',
  'fast-check',
  'mocha',
  'oxfmt',
  'oxlint',
  'sinon',
  'typescript',
];

/** What tests read beside their package. */
const DOCUMENTS = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'docs',
  'long-tests.mjs',
  'test-fixtures',
];

/** The tests of a package, without those in this folder, which start the others. */
function testFiles(pkg: Package): string[] {
  return readdirSync(join(pkg.folder, 'test'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !(pkg.short === 'lab' && file.startsWith('consume')),
  );
}

interface Report {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly failures: readonly { readonly fullTitle: string; readonly err: { message?: string } }[];
}

describe('the tests of a package', () => {
  for (const pkg of packages)
    it(`use the public index: ${pkg.short}`, () => {
      const index = new RegExp(`from '(${pkg.manifest.name}|(\\.\\./)+src)'`);
      const using = testFiles(pkg).filter((file) =>
        index.test(readFileSync(join(pkg.folder, 'test', file), 'utf8')),
      );
      expect(using).to.not.be.empty;
    });
});

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** A folder laid out as the repository is, in which the package and those it needs are what their tarballs hold. */
async function outside(pkg: Package): Promise<string> {
  const top = emptyFolder(`own-${pkg.short}`);
  const here = join(top, 'packages', pkg.short);
  const others = [...closure(pkg)].filter((p) => p !== pkg);
  await install(top, others, pkg);

  for (const path of (await tarballOf(pkg)).contents)
    cpSync(join(pkg.folder, path), join(here, path));
  cpSync(join(pkg.folder, 'test'), join(here, 'test'), {
    recursive: true,
    filter: (path) => path !== __dirname,
  });
  const tools = join(pkg.folder, 'tools');
  if (existsSync(tools)) cpSync(tools, join(here, 'tools'), { recursive: true });
  // Some tests read the sources, the tests and the documents of the repository as text.
  for (const { short, manifest } of others)
    link(join(top, 'node_modules', manifest.name, 'src'), join(top, 'packages', short, 'src'));
  for (const { short, folder } of packages.filter((p) => p !== pkg))
    for (const file of ['test', 'README.md'])
      link(join(folder, file), join(top, 'packages', short, file));
  const shared = [...TOOLS.map((name) => join('node_modules', name)), ...DOCUMENTS];
  // A package may need a tool itself.
  for (const path of shared)
    if (!existsSync(join(top, path))) link(join(root, path), join(top, path));
  for (const name of Object.keys(pkg.manifest.devDependencies ?? {})) {
    const own = join(pkg.folder, 'node_modules', name);
    link(
      existsSync(own) ? own : join(root, 'node_modules', name),
      join(here, 'node_modules', name),
    );
  }

  // The repository's settings without the condition that leads to sources.
  cpSync(join(root, 'tsconfig.base.json'), join(top, 'tsconfig.base.json'));
  const config = readJson<{ compilerOptions: object }>(join(root, 'tsconfig.json'));
  const compilerOptions = { ...config.compilerOptions, rootDir: '/', customConditions: [] };
  const include = [`packages/${pkg.short}/test`];
  writeFileSync(
    join(top, 'tsconfig.json'),
    JSON.stringify({ ...config, compilerOptions, include }),
  );
  cpSync(join(root, 'register.cjs'), join(top, 'register.cjs'));
  return top;
}

for (const pkg of packages)
  describe(`the tests of ${pkg.manifest.name} on tarballs`, function () {
    this.timeout(600_000);
    let top = '';

    before(async function () {
      if (!FULL) {
        console.log('      skipped: set CONSUME_FULL=1 to run them, which takes minutes');
        this.skip();
      }
      needBuild(this);
      top = await outside(pkg);
    });

    it('find the other packages in their tarballs', async () => {
      for (const { manifest } of closure(pkg)) {
        const ask = `console.log(require.resolve('${manifest.name}'))`;
        const found = await node(join(top, 'packages', pkg.short), '--eval', ask);
        expect(found).to.match(/dist\/index\.js\n$/);
        expect(found.startsWith(realpathSync(top)), found).to.equal(true);
      }
    });

    it('have the types that the tarballs declare', async () => {
      const tsc = join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
      await node(top, tsc, '-p', 'tsconfig.json');
    });

    it('pass', async () => {
      const mocha = join(top, 'node_modules', 'mocha', 'bin', 'mocha.js');
      const report = join(top, 'report.json');
      const options = [
        '--no-config',
        '--require',
        join(top, 'register.cjs'),
        '--check-leaks',
        '--timeout',
        '20s',
        '--fgrep',
        '@long-only',
        '--invert',
      ];
      const reporter = ['--reporter', 'json', '--reporter-option', `output=${report}`];
      const run = await attempt(join(top, 'packages', pkg.short), process.execPath, [
        mocha,
        ...options,
        ...reporter,
        'test/**/*.test.ts',
      ]);
      if (run.status !== 0 && !readdirSync(top).includes('report.json'))
        throw new Error(run.out + run.err);
      const { stats, failures } = readJson<Report>(report);
      const failed = failures.map((f) => `${f.fullTitle}: ${f.err.message ?? ''}`);
      if (failed.length > 0) throw new Error(failed.join('\n'));
      expect(stats.passes).to.be.above(0);
    });
  });
