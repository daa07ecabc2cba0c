// SPDX-License-Identifier: GPL-2.0-only
// The example runs in plain JavaScript on the built package.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { POLICIES } from '../src';

describe('examples/policies.js', () => {
  it('has a line for each policy, and the pool sends next to nothing @long-only', function () {
    if (!existsSync(join(__dirname, '../dist/index.js'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const file = join(__dirname, '../examples/policies.js');
    const out = execFileSync(process.execPath, [file, '16k'], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(POLICIES.map(({ name }) => name));
    const of = (policy: string): number =>
      Number(/ ([\d.]+) requests/.exec(lines.find((l) => l.startsWith(`${policy} `)) ?? '')?.[1]);
    expect(of('pool')).to.be.below(of('strict') / 10);
  }).timeout(20_000);
});
