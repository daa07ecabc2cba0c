// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';

const ROOT = path.join(__dirname, '../../../..');

describe('loadCReader', () => {
  // In a process of its own: what loaded a grammar before has initialised the parser for all that come after.
  it('loads several readers at the same time', () => {
    const script = `
      const { loadCReader } = require('./packages/reader/src/c/files');
      Promise.all(Array.from({ length: 8 }, loadCReader)).then(({ length }) => console.log(length));`;
    const options = ['--conditions=source', '--require', './register.cjs', '--eval', script];
    const out = execFileSync(process.execPath, options, { cwd: ROOT, encoding: 'utf8' });
    expect(out).to.equal('8\n');
  });
});
