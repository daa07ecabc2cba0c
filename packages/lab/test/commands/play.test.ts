// SPDX-License-Identifier: GPL-2.0-only
// `play`: what it writes, what it never replaces, and the one line for each bad input.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { cli, fixtures, withFolder } from './run-cli';

const transcript = join(fixtures, 'transcripts/unit/01-first-map-allocates-slot.jsonl');
const trace = join(fixtures, 'traces/virtio.net-rx.trace.txt.gz');

interface Data {
  readonly source: {
    readonly kind: string;
    readonly text?: string;
    readonly about?: string;
    readonly program?: { readonly calls: readonly unknown[] };
  };
  readonly start: unknown;
}

function dataOf(page: string): Data {
  const base64 = /<script type="text\/plain" id="play-data">([^<]*)</.exec(page)?.[1] ?? '';
  return JSON.parse(inflateRawSync(Buffer.from(base64, 'base64')).toString()) as Data;
}

describe('play', function () {
  this.timeout(60_000);

  it('writes the ten scenarios without a file', () =>
    withFolder(async (folder) => {
      const out = join(folder, 'new/play.html');
      const { status, err } = await cli(
        'play',
        '--out',
        out,
        '--scenario',
        'eviction',
        '--step',
        '3',
      );
      expect(err).to.equal('');
      expect(status).to.equal(0);
      const { source, start } = dataOf(readFileSync(out, 'utf8'));
      expect(source).to.deep.equal({ kind: 'scenarios' });
      expect(start).to.deep.equal({ item: 'eviction', step: 3 });
      expect(readdirSync(join(folder, 'new'))).to.deep.equal(['play.html']);
    }));

  it('embeds a transcript whole, and writes the same page again', () =>
    withFolder(async (folder) => {
      const [a, b] = [join(folder, 'a.html'), join(folder, 'b.html')];
      expect((await cli('play', transcript, '--out', a)).status).to.equal(0);
      expect((await cli('play', transcript, '--out', b)).status).to.equal(0);
      const page = readFileSync(a, 'utf8');
      expect(page).to.equal(readFileSync(b, 'utf8'));
      expect(dataOf(page).source.text).to.equal(readFileSync(transcript, 'utf8'));
    }));

  it('embeds the calls of a piece of a trace, and says what it left out', () =>
    withFolder(async (folder) => {
      const out = join(folder, 'play.html');
      const { status, err } = await cli(
        ...['play', trace, '--out', out, '--from', '101', '--calls', '50'],
      );
      expect(err).to.equal('');
      expect(status).to.equal(0);
      const { source } = dataOf(readFileSync(out, 'utf8'));
      expect(source.program?.calls).to.have.length(50);
      expect(source.about).to.match(/^50 calls .*Left out: 1\d\d calls before this piece/);
    }));

  it('replaces a page only with --force, and no other file', () =>
    withFolder(async (folder) => {
      const out = join(folder, 'play.html');
      await cli('play', '--out', out);
      const before = readFileSync(out, 'utf8');
      const again = await cli('play', transcript, '--out', out);
      expect(again.status).to.equal(2);
      expect(again.err).to.match(/is there already; expected another name, or --force\n$/);
      expect(readFileSync(out, 'utf8')).to.equal(before);
      expect((await cli('play', transcript, '--out', out, '--force')).status).to.equal(0);
      expect(readFileSync(out, 'utf8')).not.to.equal(before);

      const foreign = join(folder, 'mine.txt');
      writeFileSync(foreign, 'mine');
      const wrong = await cli('play', '--out', foreign, '--force');
      expect(wrong.status).to.equal(2);
      expect(readFileSync(foreign, 'utf8')).to.equal('mine');
    }));

  it('says in one line what is wrong, and writes nothing', () =>
    withFolder(async (folder) => {
      const out = join(folder, 'play.html');
      const broken = join(folder, 'broken.jsonl');
      writeFileSync(broken, '{"format":"dma-transcript"}\n');
      const unmapped = join(folder, 'unmapped.jsonl');
      const lines = readFileSync(join(fixtures, 'transcripts/random/003.jsonl'), 'utf8').split(
        '\n',
      );
      const first = lines.findIndex((line) => line.includes('"map_page"'));
      writeFileSync(unmapped, lines.filter((_, i) => i !== first).join('\n'));
      const noText = join(folder, 'words.txt');
      writeFileSync(noText, 'no trace at all\n');
      const cut = join(folder, 'cut.jsonl.gz');
      writeFileSync(cut, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
      const empty = join(folder, 'empty');
      writeFileSync(empty, '');
      const wrongs: readonly (readonly [readonly string[], RegExp])[] = [
        [['play'], /expected --out FILE\.html/],
        [
          ['play', '--out', out, '--step', '999'],
          /^iommu-bounce: --step: 999: expected 0 to \d+\n/,
        ],
        [['play', unmapped, '--out', out], /^iommu-bounce: \S*unmapped\.jsonl:\d+: \S/],
        [['play', '--out', out, '--step', 'x'], /--step: expected a whole number/],
        [
          ['play', '--out', out, '--scenario', 'none'],
          /^iommu-bounce: --scenario: 'none': expected one of first-map, /,
        ],
        [['play', '--out', out, '--calls', '3'], /--calls: is for a trace/],
        [['play', transcript, '--out', out, '--from', '3'], /--from: is for a trace/],
        [
          ['play', transcript, '--out', out, '--scenario', 'reuse'],
          /--scenario: is for the built-in scenarios; expected no file/,
        ],
        [
          ['play', broken, '--out', out],
          /^iommu-bounce: \S+broken\.jsonl:1: header: version is absent, expected 1/,
        ],
        [['play', noText, '--out', out], /words\.txt.*not a capture/],
        [['play', cut, '--out', out], /cut\.jsonl\.gz: the gzip data is broken/],
        [['play', empty, '--out', out], /empty: is empty, expected a transcript/],
        [['play', join(folder, 'no.jsonl'), '--out', out], /no such file/],
        [['play', folder, '--out', out], /cannot be read \(EISDIR\)/],
        [
          ['play', trace, '--out', out, '--from', '999999'],
          /has no call .* after 999998 calls; it has \d+/,
        ],
        [['play', '--out', folder], /is there already/],
      ];
      for (const [args, message] of wrongs) {
        const { status, err } = await cli(...args);
        expect(err, args.join(' ')).to.match(message);
        expect(err.split('\n')).to.have.length(2);
        expect(status).to.equal(2);
        expect(existsSync(out)).to.equal(false);
      }
    }));
});
