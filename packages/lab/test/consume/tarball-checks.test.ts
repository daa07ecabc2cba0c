// SPDX-License-Identifier: GPL-2.0-only
// Each tarball by itself: what is in it, what publint and arethetypeswrong say, and what its package.json promises.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { beginAll, node } from './spawn';
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

/** Where a package starts when it is loaded, and with it whatever has an effect. */
const starts = ({ manifest }: Package): string[] => Object.values(manifest.bin ?? {});

interface Findings {
  /** Messages of publint. */
  readonly publint: readonly string[];
  /** What arethetypeswrong finds, by kind. */
  readonly types: object;
}

/** What both tools say of every tarball. */
const checked = beginAll([packages], async (all): Promise<readonly Findings[]> => {
  const files = await Promise.all(all.map(tarballOf));
  const script = join(__dirname, 'check-tarballs.mjs');
  const said = await node(root, '--single-threaded', script, ...files.map(({ file }) => file));
  return JSON.parse(said) as readonly Findings[];
});

const findings = async (pkg: Package): Promise<Findings | undefined> =>
  (await checked(packages))[packages.indexOf(pkg)];

for (const pkg of packages)
  describe(`the tarball of ${pkg.manifest.name}`, function () {
    this.timeout(180_000);
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
      expect((await findings(pkg))?.publint).to.deep.equal([]);
    });

    it('satisfies arethetypeswrong in every way of resolving', async () => {
      expect((await findings(pkg))?.types).to.deep.equal({});
    });
  });
