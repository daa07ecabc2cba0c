// SPDX-License-Identifier: GPL-2.0-only
// What commands write: whole or not at all, and nothing of somebody else's is replaced.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, fixtures, withFolder } from './run-cli';

const NOTES = 'what I have to remember\n';

describe('files that commands write', () => {
  for (const [verb, args] of [
    ['calibrate', ['--sets', '100']],
    ['kconfig', []],
  ] as const)
    it(`${verb} --out replaces no file without --force`, async () => {
      await withFolder(async (folder) => {
        const file = join(folder, 'notes.txt');
        writeFileSync(file, NOTES);
        const { status, out, err } = await cli(verb, ...args, '--out', file);
        expect({ status, out }).to.deep.equal({ status: 2, out: '' });
        expect(err).to.match(/notes\.txt: exists already; give --force to replace it\n$/);
        expect(readFileSync(file, 'utf8')).to.equal(NOTES);
      });
    });

  it('replaces it with --force, and leaves nothing else in the folder', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'a.config');
      writeFileSync(file, NOTES);
      expect((await cli('kconfig', '--out', file, '--force')).status).to.equal(0);
      expect(readFileSync(file, 'utf8')).to.contain('CONFIG_IOMMU_IO_BUFFER');
      expect(readdirSync(folder)).to.deep.equal(['a.config']);
    });
  });

  it('makes no folder, and takes no folder for a file', async () => {
    await withFolder(async (folder) => {
      const missing = await cli('kconfig', '--out', join(folder, 'deep/a.config'));
      expect(missing.status).to.equal(2);
      expect(missing.err).to.match(/a\.config: there is no folder '.*deep'\n$/);
      expect(existsSync(join(folder, 'deep'))).to.equal(false);
      mkdirSync(join(folder, 'deep'));
      const isFolder = await cli('kconfig', '--out', join(folder, 'deep'), '--force');
      expect(isFolder.err).to.match(/deep: is a folder, expected the name of a file\n$/);
    });
  });

  it('ends with its status where errors cannot be written @long-only', function () {
    if (!existsSync('/dev/full')) this.skip();
    const bin = join(fixtures, '../packages/lab/bin/iommu-bounce.js');
    expect(spawnSync('sh', ['-c', `"${bin}" nonsense 2> /dev/full`]).status).to.equal(2);
  });

  it('ends with one line where the disk is full', function () {
    if (!existsSync('/dev/full')) {
      console.log('      skipped: this system has no /dev/full');
      this.skip();
    }
    const bin = join(fixtures, '../packages/lab/bin/iommu-bounce.js');
    const { status, stderr } = spawnSync('sh', ['-c', `"${bin}" kconfig --json > /dev/full`], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).to.deep.equal({
      status: 2,
      stderr: 'iommu-bounce: the output cannot be written (ENOSPC)\n',
    });
  });
});
