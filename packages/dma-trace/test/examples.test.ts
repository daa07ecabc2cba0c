// SPDX-License-Identifier: GPL-2.0-only
// The example runs in plain JavaScript on the built package.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const TRACE = join(__dirname, '../../../test-fixtures/traces/virtio.nvme-read-4k.trace.txt.gz');

describe('examples/calls.js', () => {
  it('counts the calls of a trace', function () {
    if (!existsSync(join(__dirname, '../dist/index.js'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const out = execFileSync(process.execPath, [join(__dirname, '../examples/calls.js'), TRACE], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    expect(out).to.equal('32000 events: 8000 maps, 8000 unmaps, 0 syncs\n');
  });
});
