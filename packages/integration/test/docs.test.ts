// SPDX-License-Identifier: GPL-2.0-only
// The commands that docs/findings.md gives exist: each test by its name, each transcript, each of them unique.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { replayTranscript } from '@iommu-bounce/integration';

const root = join(__dirname, '..', '..', '..');
const findings = readFileSync(join(root, 'docs/findings.md'), 'utf8');

/** The text of every test file of the repository. */
function testSources(): string {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name, 'test'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith('.test.ts'))
        .map((f) => readFileSync(join(folder, f), 'utf8')),
    )
    .join('\n');
}

describe('docs/findings.md', () => {
  const entries = findings.split(/^### /m).slice(1);

  it('numbers its entries from 1 on', () => {
    expect(entries.map((e) => Number.parseInt(e, 10))).to.deep.equal(entries.map((_, i) => i + 1));
  });

  it('names the place in the C and a command that shows it, in every entry', () => {
    const without = entries.filter(
      (e) => !/^C: /m.test(e) || !/^(npm run finding -- "|npx iommu-bounce verify )/m.test(e),
    );
    expect(without).to.deep.equal([]);
  });

  const names = [...findings.matchAll(/^npm run finding -- "([^"]+)"$/gm)].map((m) => m[1] ?? '');

  it('names tests that exist', () => {
    const sources = testSources();
    expect(names.length).to.be.at.least(30);
    expect(names.filter((name) => !sources.includes(name))).to.deep.equal([]);
  });

  it('names each test that shows a finding', () => {
    const titles = [...testSources().matchAll(/['"`](finding: \w[^\n]*?)(?:['"`$])/g)].map(
      (m) => m[1] ?? '',
    );
    expect(titles.length).to.be.at.least(names.length);
    expect(titles.filter((title) => !names.some((name) => title.includes(name)))).to.deep.equal([]);
    expect(names.filter((name) => !name.startsWith('finding: '))).to.deep.equal([]);
  });

  it('has a test for each entry', () => {
    const without = entries.filter((e) => !/^npm run finding -- "/m.test(e));
    expect(without).to.deep.equal([]);
  });

  it('names transcripts of the real C, on which the port agrees', () => {
    const files = [...findings.matchAll(/^npx iommu-bounce verify (\S+)$/gm)].map(
      (m) => m[1] ?? '',
    );
    expect(files.length).to.be.at.least(8);
    for (const file of files)
      expect(replayTranscript(readFileSync(join(root, file), 'utf8')).mismatch).to.equal(null);
  });
});
