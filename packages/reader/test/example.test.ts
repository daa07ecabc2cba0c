// SPDX-License-Identifier: GPL-2.0-only
// The example prints what the README says, in plain JavaScript on the built package; lab's tests compare the two texts.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const home = join(__dirname, '..');
const example = join(home, 'examples/check.js');
const readme = readFileSync(join(home, 'README.md'), 'utf8');
const [, prints] = /^```[jt]s\n[^]*?^```\n\n```text\n([^]*?)^```$/m.exec(readme) ?? [];

describe('examples/check.js', () => {
  it('prints what the README says', function () {
    this.timeout(60_000);
    if (!existsSync(join(home, 'dist/index.js'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const out = execFileSync(process.execPath, [example], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    expect(out).to.equal(prints);
  });
});
