// SPDX-License-Identifier: GPL-2.0-only
// The commands on our own small series, in docs/reading.md and in its findings.md, run.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, fixtures } from './run-cli';

const root = join(fixtures, '..');
const documents = ['docs/reading.md', 'test-fixtures/reader/port/findings.md'];
const commands = documents.flatMap((name) =>
  [
    ...readFileSync(join(root, name), 'utf8').matchAll(
      /^npx iommu-bounce (read .*test-fixtures.*)$/gm,
    ),
  ].map(([, command = '']) => ({ name, command })),
);

describe('the documents of read', () => {
  it('have examples', () => {
    expect(new Set(commands.map(({ name }) => name))).to.have.keys(documents);
  });

  for (const { name, command } of commands)
    it(`${name}: ${command}`, async () => {
      const args = command.split(' ').map((one) => one.replace(/^test-fixtures/, join(root, '$&')));
      const { status, out } = await cli(...args);
      expect(status).to.equal(0);
      const shown = args.filter((one) => one.startsWith('tally_'));
      for (const one of shown) expect(out).to.include(`${one}(`);
      if (shown.length > 0) expect(out).to.match(/\/\/ finding \d/);
      else expect(out).to.match(/^\d+ functions compared: 0 differences unexplained, /);
    });
});
