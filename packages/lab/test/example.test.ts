// SPDX-License-Identifier: GPL-2.0-only
// The example runs in plain JavaScript on the built package.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fixtures } from './commands/run-cli';

describe('examples/verify.js', () => {
  it('replays a transcript from a program', function () {
    if (!existsSync(join(__dirname, '../dist/index.js'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const transcript = join(fixtures, 'transcripts/unit/14-sync-single.jsonl');
    const out = execFileSync(
      process.execPath,
      [join(__dirname, '../examples/verify.js'), transcript],
      {
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
      },
    );
    expect(out).to.equal('status 0: 1 passed, 0 failed\n');
  }).timeout(10_000);
});
