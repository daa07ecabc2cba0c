// SPDX-License-Identifier: GPL-2.0-only
// The screens and the table of docs/scenarios.md are what the command prints and the code has.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NIC_PARAMETERS } from '@iommu-bounce/simulation';
import { cli } from '../commands/run-cli';

const LONG = process.env['TEST_LONG'] === '1';
const docs = readFileSync(join(__dirname, '../../../../docs/scenarios.md'), 'utf8');

describe('docs/scenarios.md', function () {
  this.timeout(240_000);

  if (LONG)
    it('shows screens that its commands print @long', async () => {
      const commands = [...docs.matchAll(/^npx iommu-bounce (.*)$/gm)].map((m) => m[1] ?? '');
      expect(commands).to.deep.equal(['scenario devices', 'scenario nosync', 'net rx', 'net tx']);
      let printed = '';
      for (const command of commands) {
        // Without data, which changes no figure shown here, to save time; nosync is about data.
        const quick = command.endsWith('nosync') ? [] : ['--no-data'];
        const { status, out } = await cli(...command.split(' '), ...quick);
        expect(status, command).to.equal(0);
        printed += out;
      }
      const blocks = [...docs.matchAll(/^```text\n((?:.|\n)*?)^```$/gm)].map((m) => m[1] ?? '');
      expect(blocks).to.have.length(2);
      for (const block of blocks) expect(printed).to.include(block);
      const [, full, later] =
        /(\d+) MiB at its end and 8 s\s+later,\s+(\d+) MiB after 9 s/.exec(docs) ?? [];
      const after = [full, full, full, later].map((mib) => `${String(mib)}.0 MiB`).join(' │ ');
      expect(printed).to.include('148.1 MiB');
      expect(printed).to.include(`│ 256     │ pool                │ ${after} │        0 │`);
      const [, posted, bounce] = /(\d+ KiB) of posted buffers\s+take (\d\.\d MiB)/.exec(docs) ?? [];
      expect(printed).to.include(`│ pool              │ ${String(posted)} │ ${String(bounce)} │`);
      const upload = docs.slice(
        docs.indexOf('The upload, `net-tx`'),
        docs.indexOf('\nFindings', docs.indexOf('The upload')),
      );
      const rates = [...upload.matchAll(/\d+,\d+/g)].map(([rate]) => rate);
      expect(rates).to.have.length(4);
      for (const rate of rates) expect(printed).to.include(` ${rate} │`);
    });

  it('lists each parameter of the card with its default, range and source', () => {
    for (const p of NIC_PARAMETERS) {
      const row = docs.split('\n').find((line) => line.includes(`\`${p.name}\``)) ?? '';
      const cells = row.split('|').map((cell) => cell.trim());
      expect(Number(cells[2])).to.equal(p.default);
      expect(cells[3]?.split('–').map(Number)).to.deep.equal([p.min, p.max]);
      expect(cells.slice(4, 6)).to.deep.equal([p.what, p.source]);
    }
  });
});
