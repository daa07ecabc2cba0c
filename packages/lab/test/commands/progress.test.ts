// SPDX-License-Identifier: GPL-2.0-only
// How long a run will take: on a terminal at all times, elsewhere once and only where it is long.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Progress } from '../../src/progress';
import { cliOn, fixtures, withFolder } from './run-cli';

function told(
  errIsTerminal: boolean,
  steps: readonly (readonly [ms: number, share: number])[],
): string {
  let ms = 0;
  let text = '';
  const io = {
    out: (): void => undefined,
    err: (more: string): void => {
      text += more;
    },
    errIsTerminal,
  };
  const left = new Progress(io, 'fio', () => ms);
  for (const [at, share] of steps) {
    ms = at;
    left.show('pool, j: 5 I/Os', share);
  }
  return text;
}

describe('the time that is left', () => {
  it('is drawn on a terminal, once there is something to say', () => {
    expect(told(true, [[1000, 0.1]])).to.match(/fio: pool, j: 5 I\/Os; 10 % done$/);
    expect(told(true, [[4000, 0.1]])).to.match(/; 10 % done, about 36 s left$/);
    expect(told(true, [[60_000, 0.1]])).to.match(/; 10 % done, about 9 min left$/);
    expect(told(true, [[3_600_000, 0.25]])).to.match(/; 25 % done, about 3.0 h left$/);
  });

  it('forgets a slow beginning', () => {
    const slow: [number, number][] = [
      [4000, 0.01],
      [8000, 0.02],
    ];
    expect(told(true, slow)).to.match(/ 2 % done, about 7 min left$/);
    // Since then 2 % of all each second.
    expect(told(true, [...slow, [18_000, 0.22]])).to.match(/ 22 % done, about 39 s left$/);
    expect(told(true, [...slow, [38_000, 0.62]])).to.match(/ 62 % done, about 19 s left$/);
  });

  it('keeps the rate of all where a step takes long', () => {
    const steps: [number, number][] = [
      [10_000, 0.5],
      [30_000, 0.5],
    ];
    expect(told(true, steps)).to.match(/ 50 % done, about 30 s left$/);
  });

  it('is told once elsewhere, and only if the run is long', () => {
    expect(
      told(false, [
        [9000, 0.01],
        [11_000, 0.05],
        [12_000, 0.06],
      ]),
    ).to.equal('fio: 5 % done, about 3 min left\n');
    expect(told(false, [[11_000, 0.8]])).to.equal('');
    expect(told(false, [[11_000, 0]])).to.equal('');
  });
});

describe('progress on a terminal', function () {
  this.timeout(60_000);
  const TRACE = join(fixtures, 'captures/second-unmap.trace.txt');
  const verbs: readonly (readonly string[])[] = [
    ['series', '--driver', 'table'],
    ['fio', '--bs', '4k', '--number-ios', '50'],
    ['net', 'rx', '--packets', '1000', '--policy', 'pool'],
    ['replay', TRACE],
    ['verify', join(fixtures, 'transcripts/unit/14-sync-single.jsonl')],
    ['read', 'tally_create', '--port', join(fixtures, 'reader/port')],
  ];

  for (const args of verbs)
    it(`of ${args[0] ?? ''} says n of m and percent, on one line that is cleared at the end`, async () => {
      const { err } = await cliOn({ errIsTerminal: true, columns: 80 }, ...args);
      const drawn = err.split('\r\x1b[K');
      expect(drawn[1]).to.match(/^[a-z]+(?: [a-z]+)?: .*\b1 of \d+: .*; \d+ % done$/);
      for (const line of drawn.slice(0, -1)) expect(line.length).to.be.below(80);
      expect(drawn.at(-1)).to.not.include('% done');
    });

  it('is cleared in front of an error', async () => {
    await withFolder(async (folder) => {
      // A series of other functions than the port has, which shows when much is read.
      const other = join(folder, 'other.mbox');
      const text = readFileSync(join(fixtures, 'reader/thread.mbox'), 'utf8');
      writeFileSync(other, text.replaceAll('tally', 'other'));
      const { err } = await cliOn(
        { errIsTerminal: true },
        ...['read', '--check', '--series', other, '--port', join(fixtures, 'reader/port')],
      );
      const drawn = err.split('\r\x1b[K');
      expect(drawn.slice(0, -1).join('')).to.include('% done');
      expect(drawn.at(-1)).to.match(/^iommu-bounce: .*not the ported series.*\n$/);
    });
  });

  it('of play does, too', async () => {
    await withFolder(async (folder) => {
      const { err } = await cliOn(
        { errIsTerminal: true },
        ...['play', TRACE, '--out', join(folder, 'page.html')],
      );
      expect(err).to.match(/play: 1 of 2: .*; \d+ % done/);
    });
  });
});
