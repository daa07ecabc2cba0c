// SPDX-License-Identifier: GPL-2.0-only
// Runs the package's example as a user would: plain JavaScript on the built package.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const HERE = path.join(__dirname, '..');

describe('examples', () => {
  it('machine.js maps one page directly and one through a bounce buffer', function () {
    if (!existsSync(path.join(HERE, 'dist/index.js'))) {
      console.warn('      skipped: examples need dist/, made by `npm run build`');
      this.skip();
    }
    this.timeout(10_000);
    const output = execFileSync(process.execPath, [path.join(HERE, 'examples/machine.js')], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    expect(output).to.equal('32 400000 direct\n22 40000 bounced\n');
  });
});
