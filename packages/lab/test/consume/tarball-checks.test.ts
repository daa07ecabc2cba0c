// SPDX-License-Identifier: GPL-2.0-only
// Each tarball by itself: what is in it, what publint and arethetypeswrong say, and what its package.json promises.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { attempt, beginAll, node } from './spawn';
import { needBuild, tarballOf } from './tarballs';
import { type Manifest, type Package, packages, readJson, root } from './workspace';

/** The fields that a registry and its users read. */
interface Published extends Manifest {
  readonly license: string;
  readonly type: string;
  readonly engines: { readonly node: string };
  readonly repository: { readonly url: string; readonly directory: string };
  readonly publishConfig: { readonly access: string };
  readonly sideEffects: boolean | readonly string[];
}

const { version } = readJson<{ version: string }>(join(root, 'lerna.json'));
const { engines } = readJson<Pick<Published, 'engines'>>(join(root, 'package.json'));

const tool = (...path: readonly string[]): string => join(root, 'node_modules', ...path);

/** Where a package starts when it is loaded, and with it whatever has an effect. */
const starts = ({ manifest }: Package): string[] => Object.values(manifest.bin ?? {});

/** What arethetypeswrong finds in a package, by kind. */
const wrongTypes = beginAll(packages, async (pkg: Package): Promise<object> => {
  const { file } = await tarballOf(pkg);
  const attw = tool('@arethetypeswrong', 'cli', 'dist', 'index.js');
  const { status, out, err } = await attempt(root, process.execPath, [
    attw,
    '--format',
    'json',
    file,
  ]);
  if (status !== 0 && out === '') throw new Error(err);
  return (JSON.parse(out) as { problems: object }).problems;
});

for (const pkg of packages)
  describe(`the tarball of ${pkg.manifest.name}`, function () {
    this.timeout(60_000);
    const read = (file: string): string => readFileSync(join(pkg.folder, file), 'utf8');

    before(function () {
      needBuild(this);
    });

    it('has the license, the changes of its version, and no tests or leftovers', async () => {
      const { contents } = await tarballOf(pkg);
      expect(contents).to.include.members(['package.json', 'LICENSE', 'CHANGELOG.md']);
      expect(read('LICENSE')).to.equal(readFileSync(join(root, 'LICENSE'), 'utf8'));
      expect(read('CHANGELOG.md')).to.match(
        new RegExp(`^## ${version.replaceAll('.', '\\.')}$`, 'm'),
      );
      const odd = contents.filter((path) =>
        /(^|\/)(test|coverage|node_modules)\/|\.(tsbuildinfo|tgz)$|\.tmp\.|(^|\/)tsconfig[^/]*$/.test(
          path,
        ),
      );
      expect(odd).to.be.empty;
    });

    it('has the README, and every example that it names', async () => {
      const { contents } = await tarballOf(pkg);
      expect(contents, `packages/${pkg.short}/README.md`).to.include('README.md');
      const named = [...read('README.md').matchAll(/\bexamples\/[\w.-]+\.\w+/g)].map(
        ([path]) => path,
      );
      expect(contents).to.include.members(named);
    });

    if (existsSync(join(pkg.folder, 'schemas')))
      it('has its schemas', async () => {
        const { contents } = await tarballOf(pkg);
        const schemas = readdirSync(join(pkg.folder, 'schemas')).map((file) => `schemas/${file}`);
        expect(contents).to.include.members(schemas);
      });

    it('has the TypeScript that its source maps and declaration maps lead to', async () => {
      const { contents } = await tarballOf(pkg);
      const maps = contents.filter((path) => /^dist\/(?!esm\/).*\.map$/.test(path));
      expect(maps).to.not.be.empty;
      for (const map of maps) {
        const { sources } = JSON.parse(read(map)) as { sources: readonly string[] };
        for (const source of sources) {
          const path = join(map, '..', source);
          expect(contents, `${map} is older than the sources: remove dist and build`).to.include(
            path,
          );
        }
      }
    });

    it('is promised to be what it is', () => {
      const manifest = pkg.manifest as Published;
      expect(manifest.version).to.equal(version);
      expect(manifest.license).to.equal('GPL-2.0-only');
      expect(manifest.type).to.equal('commonjs');
      expect(manifest.engines).to.deep.equal(engines);
      expect(manifest.repository.directory).to.equal(`packages/${pkg.short}`);
      expect(manifest.publishConfig.access).to.equal('public');
      const effects = starts(pkg);
      expect(manifest.sideEffects).to.deep.equal(effects.length > 0 ? effects : false);
      for (const other of packages) {
        const wanted = manifest.dependencies?.[other.manifest.name];
        if (wanted !== undefined) expect(wanted, other.short).to.equal(version);
      }
    });

    it('satisfies publint, suggestions included', async () => {
      const { file } = await tarballOf(pkg);
      const said = await node(root, tool('publint', 'src', 'cli.js'), 'run', file, '--strict');
      expect(said).to.match(/\nAll good!\n$/);
    });

    it('satisfies arethetypeswrong in every way of resolving', async () => {
      expect(await wrongTypes(pkg)).to.deep.equal({});
    });
  });
