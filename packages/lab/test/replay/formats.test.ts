// SPDX-License-Identifier: GPL-2.0-only
// A recording in several formats: replay gives the same figures, but for the places of lines and what a tool does not record.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { replayFiles } from './helpers';

const FORMATS = join(__dirname, '../../../../test-fixtures/formats');

/** The document without what belongs to the text: names of files, numbers of lines, the size of the header. */
async function figures(...files: string[]): Promise<unknown> {
  const document = await replayFiles(files);
  return JSON.parse(
    JSON.stringify(document, (key, value: unknown) => {
      if (['files', 'place', 'first', 'lines', 'notes'].includes(key)) return null;
      // perf says how many CPUs there are in its header alone, and no tool but ftrace counts what it overwrote.
      return key === 'losses' ? null : value;
    }),
  );
}

describe('replay of one recording in several formats', () => {
  const sets: readonly (readonly string[])[] = [
    ['ftrace', 'report', 'report-R', 'report-l', 'report-ts-diff'].map(
      (one) => `tracecmd316-k6.12.A.${one}`,
    ),
    ['ftrace', 'tracecmd331-report-R', 'tracecmd331-report-l'].map((one) => `k6.17.A.${one}`),
    ['script', 'script-header-ip-sym', 'script-task-events'].map((one) => `perf612-k6.12.${one}`),
  ];
  for (const [first = '', ...others] of sets)
    it(`gives the same figures: ${first}`, async () => {
      const wanted = await figures(join(FORMATS, `${first}.txt`));
      for (const other of others)
        expect(await figures(join(FORMATS, `${other}.txt`)), other).to.deep.equal(wanted);
    });

  it('reads the files of each CPU as one recording', async () => {
    const whole = join(FORMATS, 'tracecmd316-k6.12.A.ftrace.txt');
    const folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-cpus-'));
    try {
      const lines = readFileSync(whole, 'utf8').split('\n');
      const files = ['000', '001'].map((cpu) => {
        const path = join(folder, `${cpu}.${basename(whole)}`);
        const own = lines.filter((text) => text.startsWith('#') || text.includes(` [${cpu}] `));
        writeFileSync(path, `${own.join('\n')}\n`);
        return path;
      });
      expect(await figures(...files)).to.deep.equal(await figures(whole));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
