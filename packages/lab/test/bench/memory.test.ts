// SPDX-License-Identifier: GPL-2.0-only
// The memory of a long simulation stays flat.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const LONG = process.env['TEST_LONG'] === '1';

if (LONG)
  describe('a simulated run @long', function () {
    this.timeout(600_000);

    it('holds no more memory at its end than near its beginning', function () {
      const bench = join(__dirname, '../../dist/esm/bench/main.mjs');
      if (!existsSync(bench)) {
        console.log('      skipped: the package is not built (npm run build)');
        this.skip();
      }
      const ios = 600_000;
      const { stdout, status } = spawnSync(
        process.execPath,
        ['--expose-gc', bench, '--fio', String(ios), '--json'],
        { env: { ...process.env, NODE_OPTIONS: '', NODE_V8_COVERAGE: '' }, encoding: 'utf8' },
      );
      expect(status).to.equal(0);
      const { rates } = JSON.parse(stdout) as {
        rates: { policy: string; heap_early: number; heap_late: number }[];
      };
      expect(rates.map(({ policy }) => policy)).to.deep.equal(['strict', 'pool']);
      for (const { policy, heap_early, heap_late } of rates)
        // One number of 8 bytes kept of each I/O is more.
        expect(heap_late, policy).to.be.below(heap_early + 2 ** 20);
    });
  });
