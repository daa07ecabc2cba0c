// SPDX-License-Identifier: GPL-2.0-only
// Names that no file can have: each verb says so in one line.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, fixtures, withFolder } from './run-cli';

/** Longer than a file system takes. */
const LONG = 'x'.repeat(300);

async function expectRefused(...args: readonly string[]): Promise<void> {
  const { status, out, err } = await cli(...args);
  expect(err, args.join(' ')).to.match(/^iommu-bounce: [^\n]+\n$/);
  expect([status, out], args.join(' ')).to.deep.equal([2, '']);
}

describe('names that no file can have', () => {
  for (const verb of ['replay', 'lint', 'advise', 'anonymise', 'play', 'diff'])
    it(`are no captures for ${verb}: empty, too long, or behind a file`, () =>
      withFolder(async (folder) => {
        const file = join(folder, 'file');
        writeFileSync(file, 'text\n');
        const out = ['anonymise', 'play'].includes(verb) ? ['--out', join(folder, 'out.html')] : [];
        const second = verb === 'diff' ? [file] : [];
        for (const name of ['', LONG, join(file, 'behind')])
          await expectRefused(verb, name, ...second, ...out);
      }));

  it('are no places for what is written', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'file');
      writeFileSync(file, 'text\n');
      const names = ['', `${folder}/new.html/`, `${LONG}.html`, join(file, 'a.html')];
      for (const name of [...names, join(file, 'b', 'a.html')])
        for (const args of [
          ['series', '--json', '--report'],
          ['calibrate', '--json', '--out'],
          ['check', '--report'],
          ['scenario', 'nosync', '--report'],
          ['play', '--out'],
          ['kconfig', '--out'],
        ])
          await expectRefused(...args, name);
      for (const name of [LONG, join(file, 'out')])
        for (const args of [
          ['anonymise', file],
          ['read', '--force'],
        ])
          await expectRefused(...args, '--out', name);
      await expectRefused('read', '--force', '--out', '');
    }));

  it('are longer than a file system takes: the longest that it takes is written', () =>
    withFolder(async (folder) => {
      const capture = join(fixtures, 'captures/dma-iova.trace.txt');
      const longest = (end: string): string => 'n'.repeat(255 - Buffer.byteLength(end)) + end;
      for (const [end, ...args] of [
        ['é.config', 'kconfig', '--out'],
        ['.html', 'scenario', 'nosync', '--report'],
        ['', 'read', '--out'],
        ['.trace.txt.gz', 'anonymise', capture, '--out'],
      ] as const) {
        const name = longest(end);
        const { status, err } = await cli(...args, join(folder, name));
        expect({ status, err }, args.join(' ')).to.deep.equal({ status: 0, err: '' });
        expect(readdirSync(folder)).to.deep.equal([name]);
        rmSync(join(folder, name), { recursive: true });
      }
    }));
});
