// SPDX-License-Identifier: GPL-2.0-only
// `iommu-bounce verify`: status, one line per failing file, JSON.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { cli, fixtures, withFolder } from './run-cli';

const unit = join(fixtures, 'transcripts/unit');
const good = readFileSync(join(unit, '01-first-map-allocates-slot.jsonl'), 'utf8');

describe('iommu-bounce verify', function () {
  this.timeout(20_000);

  it('passes files, folders and .gz alike, and ends with the count', () =>
    withFolder(async (folder) => {
      mkdirSync(join(folder, 'deep'));
      writeFileSync(join(folder, 'deep/a.jsonl'), good);
      writeFileSync(join(folder, 'b.jsonl.gz'), gzipSync(good));
      writeFileSync(join(folder, 'notes.txt'), 'not a transcript');
      expect(await cli('verify', folder, join(unit, '14-sync-single.jsonl'))).to.deep.equal({
        status: 0,
        out: '3 passed, 0 failed\n',
        err: '',
      });
    }));

  it('reports the first mismatch of a file and ends with status 1', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'changed.jsonl');
      writeFileSync(file, good.replace(/("pages_held":)1/, '$12'));
      const { status, out, err } = await cli('verify', file, join(unit, '14-sync-single.jsonl'));
      expect(status).to.equal(1);
      expect(out).to.match(
        /changed\.jsonl:\d+: pool_stats: pages_held: expected 2, got 1\n1 passed, 1 failed\n$/,
      );
      expect(err).to.equal('');
    }));

  const bad: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['a truncated header', good.slice(0, 100), /bad:1: broken JSON/],
    ['a truncated operation', good.slice(0, -20), /bad:\d+: broken JSON/],
    ['an empty file', '', /bad:1: the file is empty/],
    ['a binary blob', Buffer.from([0, 255, 254, 10, 7]), /bad:1: binary/],
    [
      'a wrong version',
      good.replace('"version":1', '"version":3'),
      /bad:1: header: version is 3, expected 1/,
    ],
    ['stage 7', good.replace('"stage":4', '"stage":7'), /bad:1: header: stage is 7/],
    ['an unknown op', `${good}{"op":"<script>\\u001b[2J"}\n`, /bad:\d+: unknown op/],
    [
      'a gzip file cut short',
      gzipSync(good).subarray(0, 300),
      /bad: the gzip data is broken or cut short/,
    ],
  ];
  for (const [what, content, message] of bad)
    it(`refuses ${what} with one line and status 2, and still checks the others`, () =>
      withFolder(async (folder) => {
        writeFileSync(join(folder, 'bad'), content);
        writeFileSync(join(folder, 'good.jsonl'), good);
        const { status, out, err } = await cli(
          'verify',
          join(folder, 'bad'),
          join(folder, 'good.jsonl'),
        );
        expect(status).to.equal(2);
        expect(err).to.match(message);
        expect(err.trimEnd()).to.not.match(/\n|\bat .*:\d+:\d+/);
        expect(err).to.not.include('\x1b');
        expect(out).to.equal('1 passed, 1 failed\n');
      }));

  it('refuses a folder without transcripts, and no path at all', () =>
    withFolder(async (folder) => {
      for (const args of [[folder], []]) {
        const { status, out, err } = await cli('verify', ...args);
        expect(status).to.equal(2);
        expect(out).to.equal('');
        expect(err).to.match(/^iommu-bounce: [^\n]+\n$/);
      }
    }));

  it('names a missing file and still checks the others', () =>
    withFolder(async (folder) => {
      const { status, out, err } = await cli(
        'verify',
        join(folder, 'none.jsonl'),
        join(unit, '14-sync-single.jsonl'),
      );
      expect(status).to.equal(2);
      expect(out).to.equal('1 passed, 1 failed\n');
      expect(err).to.match(
        /^iommu-bounce: [^\n]*none\.jsonl: no such file, expected a transcript[^\n]*\n$/,
      );
    }));

  it('lets bad input outrank a failed check', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'a.jsonl'), '');
      writeFileSync(join(folder, 'b.jsonl'), good.replace(/("pages_held":)1/, '$12'));
      expect((await cli('verify', folder)).status).to.equal(2);
    }));

  it('prints one JSON document and nothing else', async () => {
    const { out } = await cli('verify', '--json', join(unit, '14-sync-single.jsonl'));
    const document = JSON.parse(out) as {
      passed: number;
      failed: number;
      files: { result: string; ops: number }[];
    };
    expect(document).to.deep.include({ passed: 1, failed: 0 });
    expect(document.files[0]?.result).to.equal('passed');
    expect(document.files[0]?.ops).to.be.at.least(10);
  });
});
