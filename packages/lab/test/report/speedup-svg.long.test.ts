// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '../../../..');

describe('docs/speedup.svg', function () {
  this.timeout(120_000);

  it('is what npm run chart writes', () => {
    const bin = join(root, 'packages/lab/bin/iommu-bounce.js');
    const { status, stdout } = spawnSync(process.execPath, [bin, 'fio', '--no-data', '--svg'], {
      encoding: 'utf8',
    });
    expect(status).to.equal(0);
    expect(readFileSync(join(root, 'docs/speedup.svg'), 'utf8')).to.equal(stdout);
  });
});
