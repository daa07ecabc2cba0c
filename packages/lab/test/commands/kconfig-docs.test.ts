// SPDX-License-Identifier: GPL-2.0-only
// What docs/kconfig.md shows is what the command prints.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cli } from './run-cli';

const root = join(__dirname, '../../../..');
const text = readFileSync(join(root, 'docs/kconfig.md'), 'utf8');
const sessions = [...text.matchAll(/^```console\n([^]*?)^```$/gm)]
  .flatMap(([, block = '']) => block.split(/^\$ npx iommu-bounce /m).slice(1))
  .map((session) => {
    const end = session.indexOf('\n');
    return { command: session.slice(0, end), output: session.slice(end + 1) };
  });

describe('docs/kconfig.md', () => {
  it('has examples', () => {
    expect(sessions.length).to.be.at.least(4);
  });

  for (const { command, output } of sessions) {
    it(`shows what \`${command}\` prints`, async () => {
      const args = command.split(' ').map((one) => one.replace(/^test-fixtures/, join(root, '$&')));
      const { status, out } = await cli(...args);
      expect(status).to.equal(0);
      expect(out).to.equal(output);
    });
  }
});
