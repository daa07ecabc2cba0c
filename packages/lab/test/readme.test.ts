// SPDX-License-Identifier: GPL-2.0-only
// The output that the README shows is what the command prints.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, fixtures } from './commands/run-cli';

const root = join(__dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README.md', function () {
  this.timeout(60_000);

  it('shows lines that replay prints of the traces that npm start replays', async () => {
    const blocks = [...readme.matchAll(/^```text\n((?:.|\n)*?)^```$/gm)].map((m) => m[1] ?? '');
    expect(blocks).to.have.length(2);
    const mixed = await cli('replay', join(fixtures, 'traces/virtio.nvme-mixed.trace.txt.gz'));
    expect(mixed.status).to.equal(0);
    expect(mixed.out).to.include(blocks[0]);
    expect(mixed.out).to.match(/mappings equal +│ 3,000 of 3,000/);

    const series = readdirSync(join(fixtures, 'traces/series')).filter((f) =>
      /^iobuf-def\..*\.gz$/.test(f),
    );
    const boot = await cli('replay', ...series.map((f) => join(fixtures, 'traces/series', f)));
    expect(boot.status).to.equal(0);
    for (const line of (blocks[1] ?? '').trimEnd().split('\n')) expect(boot.out).to.include(line);
    expect(boot.out).to.match(/of 31,042 mappings recorded/);
  });

  it('links to files that exist', () => {
    for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)]+)\)/g))
      expect(() =>
        readFileSync(join(root, target ?? '', target?.startsWith('packages') ? 'README.md' : '')),
      ).to.not.throw();
  });
});
