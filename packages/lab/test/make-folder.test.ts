// SPDX-License-Identifier: GPL-2.0-only
// Folders with their parents, and where none can be made.

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../src/make-folder';

describe('makeFolder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('makes what is missing, and leaves what is there', () => {
    for (const path of ['a/b/c', 'a/b', '.']) {
      makeFolder(join(folder, path));
      expect(statSync(join(folder, path)).isDirectory()).to.equal(true);
    }
  });

  it('takes back what it made, unless something is in it', () => {
    const path = join(folder, 'a', 'b', 'c');
    makeFolder(join(folder, 'a'));
    makeFolder(path)();
    expect(existsSync(join(folder, 'a'))).to.equal(true);
    expect(existsSync(join(folder, 'a', 'b'))).to.equal(false);
    const undo = makeFolder(path);
    writeFileSync(join(folder, 'a', 'b', 'file'), '');
    undo();
    expect(existsSync(path)).to.equal(false);
    expect(existsSync(join(folder, 'a', 'b', 'file'))).to.equal(true);
  });

  it('says that a file is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => {
      makeFolder(join(folder, 'file'));
    }).to.throw(/EEXIST/);
    expect(() => {
      makeFolder(join(folder, 'file', 'x'));
    }).to.throw(/ENOTDIR/);
  });

  it('ends where the system takes no folders', function () {
    if (!existsSync('/proc/self')) {
      console.log('      skipped: no /proc');
      this.skip();
    }
    expect(() => {
      makeFolder('/proc/iommu-bounce/x');
    }).to.throw(/ENOENT|EACCES|EPERM/);
  });
});
