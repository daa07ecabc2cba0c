// SPDX-License-Identifier: GPL-2.0-only
// `lint --report`: findings with links to their lines, and of the capture nothing but those lines.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { rangesOf } from '../../src/reports/lint/excerpts';
import { FindingsOverTime } from '../../src/reports/lint';
import { cli, fixtures, withFolder } from '../commands/run-cli';

const BAD = join(fixtures, 'lint/double-unmap.bad.txt');
const GOOD = join(fixtures, 'lint/double-unmap.good.txt');
const HOSTILE = `<script>alert(1)</script>"'&`;

/** The page of some captures. */
async function pageOf(...args: readonly string[]): Promise<string> {
  return withFolder(async (folder) => {
    const file = join(folder, 'new/lint.html');
    const { err } = await cli('lint', ...args, '--report', file);
    expect(err).to.equal('');
    return readFileSync(file, 'utf8');
  });
}

const idsOf = (page: string): string[] =>
  [...page.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);
const linksOf = (page: string): string[] =>
  [...page.matchAll(/ href="#([^"]*)"/g)].map(([, id = '']) => id);
const shown = (page: string): string =>
  page
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** Unmapped twice in each of so many pairs of lines; a line of the task before and behind them. */
function text(device: string, faults: number): string {
  const line = (us: number, of: string): string =>
    `  fio-1  [000] .....     ${(10 + us / 1e6).toFixed(6)}: ${of}\n`;
  let all = '';
  for (let i = 0; i < faults; i++) {
    const at = i * 1000;
    all += line(
      at,
      `dma_map_page: ${device} dir=FROM_DEVICE dma_addr=fff00000 size=4096 phys_addr=1fff00000 attrs=`,
    );
    for (const us of [1, 2])
      all += line(
        at + us,
        `dma_unmap_page: ${device} dir=FROM_DEVICE dma_addr=fff00000 size=4096 attrs=`,
      );
    for (let k = 0; k < 20; k++)
      all += line(at + 10 + k, `other_event: number ${String(i)} ${String(k)}`);
  }
  return all;
}

describe('lint --report', () => {
  it('has each finding with its rule, its device, why and how to mend it, and links to its lines', async () => {
    const page = await pageOf(BAD);
    const words = shown(page);
    expect(words).to.match(/1 error, 0 warnings, \d+ notes?/);
    expect(words).to.match(/double-unmap, 0000:\S+, 1 time .*Why: .*Fix: /);
    expect(page).to.match(
      /<a href="#line-0-0-\d+"\s*><code>[^<]*double-unmap\.bad\.txt:\d+<\/code><\/a>/,
    );
    const ids = new Set(idsOf(page));
    expect(linksOf(page).filter((id) => !ids.has(id))).to.deep.equal([]);
  });

  it('says first what the capture lacks, then what was not checked', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.txt');
      writeFileSync(file, `${text('dev', 2)}garbage ${HOSTILE}\n`);
      const page = await pageOf(file);
      const words = shown(page);
      const order = [
        'What the capture lacks',
        '1 line not understood',
        'By device',
        'What was not checked',
      ];
      const places = order.map((one) => words.lastIndexOf(one));
      expect(places)
        .to.deep.equal([...places].sort((a, b) => a - b))
        .and.not.to.include(-1);
      expect(page).not.to.include('<script>alert').and.not.to.include(`"'&`);
    });
    expect(shown(await pageOf(GOOD))).to.include('Losses: none. Every line was understood');
  });

  it('has the lines around the first and the last place, and no other line', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.txt.gz');
      writeFileSync(file, gzipSync(text(HOSTILE, 9)));
      const words = await pageOf(file);
      // Double unmaps are at line 3 of each 23: the first is 3, the last 187.
      expect(idsOf(words).filter((id) => id.startsWith('line-')))
        .to.include('line-0-0-3')
        .and.to.include('line-0-0-187');
      expect(words).to.include('number 0 1').and.to.include('number 8 1');
      expect(words).not.to.match(/number 0 [2-9]|number [1-6] /);
      expect(words).not.to.include('<script>alert');
      expect(words).to.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&#39;&amp;, 9 times/);
    });
  });

  it('plots occurrences over the time of the capture', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.txt');
      writeFileSync(file, text('dev', 9));
      const page = await pageOf(file);
      const json = /id="plots">\s*(.*)\s*<\/script>/.exec(page)?.[1] ?? '[]';
      const [view] = JSON.parse(json) as { series: { name: string; values: number[] }[] }[];
      const errors = view?.series.find(({ name }) => name === 'errors')?.values ?? [];
      expect(errors.reduce((sum, n) => sum + n, 0)).to.equal(9);
    });
    expect(await pageOf(GOOD, '--ignore', 'still-mapped')).not.to.include('uPlot');
  });

  it('has a part for each capture', async () => {
    const page = await pageOf(BAD, GOOD);
    expect(idsOf(page)).to.include('capture-1-errors').and.to.include('capture-2-losses');
  });

  it('is not written over what is no report, nor with --rules, nor for a capture that cannot be read', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'mine.html');
      writeFileSync(file, 'mine');
      const { status, err } = await cli('lint', BAD, '--report', file);
      expect(status).to.equal(2);
      expect(err).to.match(/^iommu-bounce: .*mine\.html.*\n$/);
      const rules = await cli('lint', '--rules', '--report', join(folder, 'x.html'));
      expect([rules.status, rules.err]).to.deep.equal([
        2,
        'iommu-bounce: --rules: lists the rules; expected no capture, no --sarif and no --report\n',
      ]);
      expect(
        (await cli('lint', join(folder, 'none'), '--report', join(folder, 'y.html'))).status,
      ).to.equal(2);
      expect(existsSync(join(folder, 'y.html'))).to.equal(false);
    });
  });
});

describe('excerpts', () => {
  it('are ranges around places that do not overlap', () => {
    const at = (line: number, file = 'x'): { file: string; line: number } => ({ file, line });
    expect(rangesOf([at(20), at(1), at(6), at(5), at(8, 'y'), at(0)], 'x')).to.deep.equal([
      [1, 8],
      [18, 22],
    ]);
  });
});

describe('FindingsOverTime', () => {
  it('takes no time from before the first event', () => {
    const times = new FindingsOverTime();
    times.found('a', 0);
    expect(times.figures([]).occurrences.error).to.deep.equal([]);
  });
});
