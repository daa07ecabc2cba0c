// SPDX-License-Identifier: GPL-2.0-only
// What the command prints as text fits the terminal, and in the locale C it is ASCII.

import { join } from 'node:path';
import { expect } from 'chai';
import { CALIBRATION } from '@iommu-bounce/simulation';
import { isAscii } from '../../src/io';
import { calibrationText } from '../../src/tables/calibrate';
import { inAscii, reflowed, wrapped } from '../../src/show/text';
import { cliOn, expectFits, fixtures, withFolder } from './run-cli';

const CAPTURES = join(fixtures, 'captures');
const LONG = process.env['TEST_LONG'] === '1';
/** The narrow one, and with TEST_LONG=1 the usual and a wide one. */
const SCREENS = LONG
  ? [
      { columns: 60, ascii: false },
      { columns: 80, ascii: true },
      { columns: 120, ascii: false },
    ]
  : [{ columns: 60, ascii: true }];
const SMALL = ['--number-ios', '60', '--no-data'];

/** Verbs with small inputs; those that take long have this check where their documents are made. */
const VERBS: readonly (readonly string[])[] = [
  ['series', '--driver', 'table'],
  ['fio', ...SMALL, '--bs', '4k', '--bs', '64k', '--policy', 'strict,pool,lazy-large,none'],
  ['fio', ...SMALL, join(__dirname, 'jobs-that-differ.fio'), '--policy', 'strict,pool'],
  ['net', 'rx', '--packets', '1000', '--no-data', '--policy', 'strict,lazy,pool'],
  ['replay', join(CAPTURES, 'fault-after-free.trace.txt')],
  ['replay', join(CAPTURES, 'without-calls.trace.txt')],
  ['verify', join(fixtures, 'transcripts/unit/14-sync-single.jsonl')],
  ['breakeven', '--preset', 'bare-metal-vtd'],
  ['kconfig', '--explain', 'IOMMU_IO_BUFFER'],
  LONG
    ? ['read', 'io_buffer_pool_unmap_buffer', '--side', 'ts']
    : ['read', 'tally_create', '--side', 'ts', '--port', join(fixtures, 'reader/port')],
];

const HELP = [
  ...['fio', 'replay', 'scenario', 'net', 'verify', 'series', 'kconfig', 'play', 'breakeven'],
  ...['calibrate', 'compare', 'demo', 'read', 'completion', 'man'],
];

describe('text on a terminal', function () {
  this.timeout(60_000);

  for (const args of VERBS)
    it(`of ${args.map((arg) => arg.replace(/.*\//, '')).join(' ')} fits, and is ASCII in the locale C @long`, async () => {
      for (const { columns, ascii } of SCREENS) {
        const { out } = await cliOn({ columns, ascii }, ...args);
        expect(out).to.not.equal('');
        expectFits(out, columns);
        if (ascii) expect(out).to.match(/^[\n\x20-\x7e]*$/);
      }
    });

  it('of a calibration fits, and is ASCII in the locale C', () => {
    for (const columns of [60, 80, 120]) {
      const text = calibrationText(CALIBRATION, { columns, ascii: true });
      expectFits(text, columns);
      expect(text).to.match(/^[\n\x20-\x7e]*$/);
    }
  });

  it('of --help fits, and is ASCII in the locale C', async () => {
    for (const columns of [60, 80, 120])
      for (const args of [['--help'], ...HELP.map((verb) => [verb, '--help'])]) {
        const { status, out } = await cliOn({ columns, ascii: true }, ...args);
        expect(status).to.equal(0);
        expectFits(out, columns);
        expect(out).to.match(/^[\n\x20-\x7e]*$/);
      }
  });

  it('is ASCII in errors, whatever the name of a file; documents stay as they are', async () => {
    const { err } = await cliOn({ ascii: true }, 'replay', 'µ–é');
    expect(err).to.match(/^iommu-bounce: u-\\u00e9: [\x20-\x7e]+\n$/);
    const { out } = await cliOn({ ascii: true }, 'verify', '--json', 'µ');
    expect(out).to.include('"file": "µ"');
  });

  it('gives scripts for shells in ASCII, in any locale', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { out } = await cliOn({}, 'completion', shell);
      expect(out).to.match(/^[\n\x20-\x7e]*$/);
    }
  });

  it('has a width where COLUMNS gives one, else 100', async () => {
    await withFolder(async () => {
      const { out } = await cliOn({}, 'breakeven');
      expectFits(out, 100);
      expect(Math.max(...out.split('\n').map((line) => line.length))).to.be.above(80);
    });
  });
});

describe('isAscii', () => {
  it('asks LC_ALL, then LC_CTYPE, then LANG; without any, text is UTF-8', () => {
    expect(isAscii({})).to.equal(false);
    expect(isAscii({ LANG: 'C' })).to.equal(true);
    expect(isAscii({ LANG: 'POSIX' })).to.equal(true);
    expect(isAscii({ LC_ALL: 'C', LC_CTYPE: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' })).to.equal(true);
    expect(isAscii({ LC_CTYPE: 'C', LANG: 'de_DE.UTF-8' })).to.equal(true);
    expect(isAscii({ LC_ALL: '', LANG: 'en_US.UTF-8' })).to.equal(false);
    expect(isAscii({ LC_ALL: 'C.UTF-8', LANG: 'C' })).to.equal(false);
    expect(isAscii({ LANG: 'C.utf8' })).to.equal(false);
    expect(isAscii({ LANG: 'de_DE.ISO-8859-15@euro' })).to.equal(true);
    expect(isAscii({ LANG: 'de_DE' })).to.equal(false);
  });
});

describe('inAscii', () => {
  it('has words for what the command writes, and numbers for the rest', () => {
    expect(inAscii('3.9…5.2 µs │ 2 × 3 – ≥ é \u{1f600}')).to.equal(
      '3.9...5.2 us | 2 x 3 - >= \\u00e9 \\u{1f600}',
    );
    expect(inAscii('┌─┬┐├┼┤└┴┘')).to.equal('+-++++++++');
  });
});

describe('prose', () => {
  const screen = { columns: 40, ascii: true };

  it('is broken at spaces, a percent sign stays with its number', () => {
    const text = wrapped(`${'a'.repeat(30)} holds 95 % of it`, screen, '  ');
    expect(text).to.equal(`${'a'.repeat(30)} holds\n  95 % of it`);
    expect(wrapped(`${'b'.repeat(36)} 95 % of it`, screen)).to.equal(
      `${'b'.repeat(36)}\n95 % of it`,
    );
  });

  it('is broken as it will be shown: … is wider in ASCII', () => {
    expectFits(wrapped('ab… '.repeat(30), screen), 40);
  });

  it('keeps the indents and marks of lines', () => {
    expect(reflowed(`a:\n  - ${'word '.repeat(9).trim()}`, screen)).to.equal(
      'a:\n  - word word word word word word word\n    word word',
    );
  });
});
