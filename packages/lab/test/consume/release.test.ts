// SPDX-License-Identifier: GPL-2.0-only
// `lerna version` and `npm publish --dry-run` as docs/releasing.md has them, in a throw-away repository without a network.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { attempt, output } from './spawn';
import { emptyFolder } from './tarballs';
import { type Manifest, packages, readJson, root } from './workspace';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

/** The files that say what is released, in a folder laid out as the repository is. */
function copyManifests(folder: string): void {
  const files = ['lerna.json', 'package.json', 'package-lock.json'];
  files.push(...packages.map((p) => `packages/${p.short}/package.json`));
  for (const file of files) cpSync(join(root, file), join(folder, file));
}

const OFFLINE = { npm_config_offline: 'true' };

describe('lerna version', function () {
  this.timeout(60_000);
  const folder = emptyFolder('release');
  const lerna = join(root, 'node_modules', '.bin', 'lerna');

  before(async function () {
    const git = await attempt(folder, 'git', ['--version']).catch(() => undefined);
    if (git?.status !== 0) {
      console.log('      skipped: lerna version needs git');
      this.skip();
    }
    copyManifests(folder);
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    await output(folder, 'git', ['init', '--quiet']);
    await output(folder, 'git', ['add', '.']);
    await output(folder, 'git', [...author, 'commit', '--quiet', '--message', 'Start']);
  });

  it('raises every package, and what they need of each other, to exactly the new version', async () => {
    const { version } = readJson<{ version: string }>(join(folder, 'lerna.json'));
    const options = ['--no-git-tag-version', '--no-push', '--yes'];
    await output(folder, lerna, ['version', ...options, 'patch'], OFFLINE);

    const raised = version.replace(/\d+$/, (patch) => String(Number(patch) + 1));
    expect(readJson<{ version: string }>(join(folder, 'lerna.json')).version).to.equal(raised);
    const lock = readJson<Lock>(join(folder, 'package-lock.json'));
    for (const { short, manifest: before } of packages) {
      const after = readJson<Manifest>(join(folder, 'packages', short, 'package.json'));
      expect(after.version, short).to.equal(raised);
      expect(lock.packages[`packages/${short}`]?.version, short).to.equal(raised);
      for (const [name, range] of Object.entries(before.dependencies ?? {})) {
        const ours = packages.some((p) => p.manifest.name === name);
        expect(after.dependencies?.[name], `${short} needs ${name}`).to.equal(
          ours ? raised : range,
        );
      }
    }
  });
});

describe('npm publish --dry-run', function () {
  this.timeout(60_000);

  // Without their files, which `npm pack` packs in the same way.
  it('would publish every package', async () => {
    const folder = emptyFolder('publish');
    copyManifests(folder);
    const options = ['--dry-run', '--offline', '--ignore-scripts', '--workspaces'];
    const said = await output(folder, 'npm', ['publish', ...options]);
    expect(said.trim().split('\n').sort()).to.deep.equal(
      packages.map(({ manifest }) => `+ ${manifest.name}@${manifest.version}`).sort(),
    );
  });
});
