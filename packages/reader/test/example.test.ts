// SPDX-License-Identifier: GPL-2.0-only
// The example is the README's program, and runs in plain JavaScript on the built package.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const home = join(__dirname, '..');
const example = join(home, 'examples/check.js');
const readme = readFileSync(join(home, 'README.md'), 'utf8');
const [, program = '', prints] = /^```js\n([^]*?)^```\n\n```text\n([^]*?)^```$/m.exec(readme) ?? [];

describe('examples/check.js', () => {
  it('is the program of the README', () => {
    expect(readFileSync(example, 'utf8')).to.match(/^\/\/ SPDX.*\n/);
    expect(readFileSync(example, 'utf8').replace(/^.*\n/, '')).to.equal(program);
  });

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
