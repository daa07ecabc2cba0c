// SPDX-License-Identifier: GPL-2.0-only
// The example of the README runs in plain JavaScript on the built package.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

describe('examples/series.js', () => {
  it('prints that one mapping in a thousand reached the IOMMU', function () {
    if (!existsSync(join(__dirname, '../dist/index.js'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const out = execFileSync(process.execPath, [join(__dirname, '../examples/series.js')], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    expect(out).to.equal('1000 mappings, 1 of them reached the IOMMU; 1 buffer cached\n');
  });
});
