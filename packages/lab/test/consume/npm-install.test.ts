// SPDX-License-Identifier: GPL-2.0-only
// npm itself on the tarballs: what it installs is what the other tests unpack, and it finds nothing missing.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { output } from './spawn';
import { INSTALLED, consumer, emptyFolder, needBuild, tarballs } from './tarballs';
import { closure, packages, registryFolders } from './workspace';

/** The files in a folder, without what npm keeps for itself. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('.') && statSync(join(folder, path)).isFile())
    .sort();
}

describe('npm', function () {
  this.timeout(180_000);

  before(function () {
    needBuild(this);
  });

  for (const pkg of INSTALLED)
    it(`installs ${pkg.short} and what it needs just as the other tests unpack them`, async () => {
      const needed = closure(pkg);
      const all = await tarballs();
      const wanted = [...needed].map((p) => p.folder);
      wanted.push(...registryFolders(needed));
      const folder = emptyFolder('npm');
      const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
      const tgz = wanted.map((path) => all.get(path)?.file ?? path);
      await output(folder, 'npm', ['install', '--offline', ...quiet, ...tgz]);

      const [ofNpm, ours] = [folder, await consumer(pkg)].map((f) => join(f, 'node_modules'));
      const names = files(ofNpm ?? '');
      expect(names).to.deep.equal(files(ours ?? ''));
      for (const path of names) {
        const [installed, unpacked] = [ofNpm, ours].map((f) => readFileSync(join(f ?? '', path)));
        expect(installed, path).to.deep.equal(unpacked);
      }
    });

  for (const pkg of packages.filter(({ manifest }) => manifest.bin))
    describe(`in a folder with ${pkg.short}`, () => {
      let folder = '';
      before(async () => {
        folder = await consumer(pkg);
      });

      it('finds all that it declares to need, and nothing else', async () => {
        await output(folder, 'npm', ['ls', '--all', '--offline']);
      });

      it('makes its commands', async () => {
        await output(folder, 'npm', ['rebuild', '--ignore-scripts', '--offline']);
        for (const name of Object.keys(pkg.manifest.bin ?? {})) {
          const command = join(folder, 'node_modules', '.bin', name);
          expect(await output(folder, command, ['--help'])).to.match(new RegExp(`^Usage: ${name}`));
        }
      });
    });
});
