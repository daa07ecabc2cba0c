// SPDX-License-Identifier: GPL-2.0-only
// iommu-bounce read, on the small series of our own.

import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ExitStatus, run } from '@iommu-bounce/lab';
import type { Difference } from '@iommu-bounce/reader';
import { checkText } from '../../src/tables/check';
import { cli, fixtures, withFolder } from './run-cli';

const reader = join(fixtures, 'reader');
const thread = join(reader, 'thread.mbox');
const port = ['--port', join(reader, 'port')];
const tally = ['--series', thread, ...port];
const kernel = ['--kernel', join(reader, 'tree')];

describe('iommu-bounce read NAME', () => {
  it('prints both texts beside each other, each line once', async () => {
    const { status, out, err } = await cli('read', 'tally_weigh', ...tally, ...kernel);
    expect(status).to.equal(0);
    expect(err).to.match(/^note: .*2 other mails not used\n/);
    const [name, head, ...rows] = out.trimEnd().split('\n');
    expect(name).to.equal('tally_weigh, after patch 4');
    expect(head).to.match(/^drivers\/tally\/tally\.c +│ .*\/reader\/port\/tally\/src\/tally\.ts$/);
    const row = (left: RegExp, right: RegExp): void => {
      const found = rows.filter((line) => left.test(line.split('│')[0] ?? ''));
      expect(found, String(left)).to.have.length(1);
      expect(found[0]?.split('│')[1]).to.match(right);
    };
    row(/switch \(kind\)/, /switch \(kind\)/);
    row(/case TALLY_KIND_DOWN:/, /case TALLY_KIND_DOWN:/);
    row(/return -EINVAL;/, /return -EINVAL;/);
  });

  it('marks the lines of each patch', async () => {
    const { out } = await cli('read', 'tally_create', ...tally, ...kernel);
    expect(out).to.match(/^ *\d+\+[1-4] /m);
    expect(out).to.match(/^ *\d+ {3}\S/m);
  });

  it('prints the TypeScript and the place of the C without a series', async () => {
    const { status, out } = await cli('read', 'io_buffer_pool_map_page');
    expect(status).to.equal(0);
    const lines = out.split('\n');
    expect(lines.filter((line) => line.startsWith('C: '))).to.deep.equal([
      'C: drivers/iommu/io-buffer-pool.c io_buffer_pool_map_page, patch 4',
      'C: drivers/iommu/io-buffer-pool.h io_buffer_pool_map_page (prototype)',
      'C: drivers/iommu/io-buffer-pool.h io_buffer_pool_map_page',
    ]);
    expect(lines[1]).to.equal('packages/io-buffer-pool/src/io-buffer-pool.ts');
    expect(out).to.match(/\d+ +io_buffer_pool_map_page\(/);
  });

  it('names the place of the C: no registration, and the struct of fields only', async () => {
    const places = async (...args: string[]): Promise<string[]> =>
      (await cli('read', ...args)).out.split('\n').filter((line) => line.startsWith('C: '));
    expect(await places('tally_create', ...port)).to.deep.equal([
      'C: drivers/tally/tally.c tally_create, patch 4',
    ]);
    expect(await places('fill_work', ...port)).to.deep.equal([
      'C: drivers/tally/tally-pool.c tally_pool.fill_work',
    ]);
  });

  it('colours and pages on a terminal, and wraps to its width', async () => {
    let shown = '';
    const io = { out: () => undefined, err: () => undefined, errIsTerminal: false };
    const terminal = { columns: 80, colour: true, page: (text: string) => (shown += text) };
    const status = await run(['read', 'tally_weigh', ...tally, ...kernel], {
      ...io,
      terminal,
    });
    expect(status).to.equal(0);
    expect(shown).to.include('\x1b[0;35mswitch');
    // oxlint-disable-next-line no-control-regex -- the colours are the point
    for (const line of shown.replace(/\x1b\[[\d;]*m/g, '').split('\n'))
      expect(line.length, line).to.be.at.most(80);
  });

  it('prints what a patch renamed as it was before that patch', async () => {
    const { status, out, err } = await cli('read', 'tally_alloc_mark', ...tally, ...kernel);
    expect(status, err).to.equal(0);
    const [name, head] = out.split('\n');
    expect(name).to.equal('tally_alloc_mark, before patch 3');
    expect(head).to.match(/tally\.c +│ .*before-patch-3\.ts$/);
    const alone = await cli('read', 'tally_alloc_mark', ...port);
    expect(alone.out).to.match(/^C: drivers\/tally\/tally\.c .*, as it was before patch 3\n/);
  });

  it('prints the state that --state chooses, with the text that both sides have there @long-only', async () => {
    const text = async (...args: readonly string[]): Promise<string> =>
      (await cli('read', 'tally_put_mark', ...tally, ...kernel, ...args)).out;
    const states = await Promise.all(['0', '1', '2', '3', '4'].map((n) => text('--state', n)));
    expect(states.map((one) => one.split('\n')[0])).to.deep.equal([
      ...['1', '2', '3', '4'].map((n) => `tally_put_mark, before patch ${n}`),
      'tally_put_mark, after patch 4',
    ]);
    expect(states[0]).to.match(/│ .*before-patch-1\.ts\n/);
    expect(states[3]).to.not.match(/tally_pool_get\(/);
    expect(states[4]).to.match(/tally_pool_get\(.*│.*tally_pool_get\(/);
    expect(states[4]).to.equal(await text());
    const early = await cli('read', 'tally_pool_get', ...tally, ...kernel, '--state', '3');
    expect(early.status).to.equal(2);
    expect(early.err).to.match(/is not there before patch 4; --state 4 has it\n$/);
  });

  it('sets a sign between counterparts, and another between lines that only stand beside each other', async () => {
    const { out } = await cli('read', 'tally_weigh', ...tally, ...kernel);
    expect(out).to.match(/return -EINVAL;.*│/);
    expect((await cli('read', 'tally_put_mark', ...tally, ...kernel)).out).to.include(' ┊');
    expect(out).to.not.match(/return -EINVAL;.*┊/);
  });

  for (const columns of [40, 80, 99])
    it(`sets one side under the other in ${String(columns)} columns, and breaks no name`, async () => {
      const { out } = await inColumns(columns, 'tally_put_mark', ...tally, ...kernel);
      const lines = out.trimEnd().split('\n');
      expect(lines.slice(1).every((line) => /^(?:C {2}|TS |$)/.test(line))).to.equal(true);
      for (const line of lines.slice(1)) expect(line.length, line).to.be.at.most(columns);
      const wide = await inColumns(1000, 'tally_put_mark', ...tally, ...kernel);
      const words = new Set(wide.out.match(/[\w$]+/g));
      // In the narrowest a name may be longer than there is room for.
      if (columns > 40)
        for (const word of out.match(/[\w$]+/g) ?? [])
          if (word !== 'C' && word !== 'TS') expect([...words]).to.include(word);
      const C = lines.filter((line) => line.startsWith('C')).length;
      expect(C).to.be.above(10);
    });

  it('shows the path whole where it is longer than its side', async () => {
    const { out } = await inColumns(100, 'tally_put_mark', ...tally, ...kernel, '--state', '0');
    const side = out
      .split('\n')
      .slice(1, 4)
      .map((line) => line.split(/[│┊]/)[1]?.trim() ?? '');
    expect(side.join('')).to.include('before-patch-1.ts').and.to.include('port/tally/src/');
  });

  it('prints one side with --side', async () => {
    const of = async (which: string): Promise<string> =>
      (await cli('read', 'tally_weigh', ...tally, ...kernel, '--side', which)).out;
    expect(await of('c'))
      .to.match(/^.*\ndrivers\/tally\/tally\.c\n/)
      .and.to.not.include('│');
    expect(await of('ts'))
      .to.match(/^.*\n.*tally\.ts\n/)
      .and.to.not.include('drivers/');
  });

  it('writes no colours into a file, or with --color never', async () => {
    for (const extra of [[], ['--color', 'never']])
      expect((await cli('read', 'tally_weigh', ...port, ...extra)).out).to.not.include('\x1b');
    expect((await cli('read', 'tally_weigh', ...port, '--color', 'always')).out).to.include('\x1b');
  });

  it('suggests names near one that nobody defines', async () => {
    const { status, out, err } = await cli('read', 'buffer_pool_sync');
    expect({ status, out }).to.deep.equal({ status: 2, out: '' });
    expect(err).to.match(/'buffer_pool_sync': neither .*; near it: io_buffer_pool_sync_sg/);
    const wrong = await cli('read', 'tally_put_mrk', ...port);
    expect(wrong.err).to.match(/; near it: tally_put_mark\b/);
  });
});

/** As if piped, with COLUMNS. */
async function inColumns(
  columns: number,
  ...args: readonly string[]
): Promise<{ status: ExitStatus; out: string }> {
  let out = '';
  const io = { err: () => undefined, errIsTerminal: false, columns };
  const status = await run(['read', ...args], { ...io, out: (text) => (out += text) });
  return { status, out };
}

describe('iommu-bounce read --check', () => {
  it('tells what differs and why, and exits 1 on what is unexplained', async () => {
    const { status, out } = await cli('read', '--check', '--json', ...tally, ...kernel);
    const { functions, differences } = JSON.parse(out) as {
      functions: number;
      differences: { explanation: object | null }[];
    };
    expect(functions).to.be.greaterThan(20);
    const unexplained = differences.filter((d) => d.explanation === null);
    expect(status).to.equal(unexplained.length > 0 ? 1 : 0);
    const text = await cli('read', '--check', ...tally, ...kernel);
    expect(text.status).to.equal(status);
    expect(text.out).to.match(
      new RegExp(
        `^${String(functions)} functions compared: ${String(unexplained.length)} differences unexplained, ${String(differences.length - unexplained.length)} explained(?:;|\n)`,
      ),
    );
  });

  it('ends with the verdict it began with, and lists what is explained with --explained', async () => {
    const short = (await cli('read', '--check', ...tally, ...kernel)).out.trimEnd().split('\n');
    const long = (await cli('read', '--check', '--explained', ...tally, ...kernel)).out;
    expect(short.at(-1)).to.match(/^\d+ functions compared: .*; --check --explained lists those$/);
    expect(short.join('\n')).to.not.include('Explained:');
    const lines = long.trimEnd().split('\n');
    expect(lines[0]).to.equal(lines.at(-1));
    expect(long).to.include('\nExplained:\n');
    expect(lines.length).to.be.above(short.length + 10);
  });
});

describe('the text of --check', () => {
  it('has equal lines once, with how many they are', () => {
    const one = (text: string, cLine: number): Difference => ({
      ...{ kind: 'call', name: 'f', state: 4, cPath: 'a.c', cLine, tsPath: 'a.ts', tsLine: 1 },
      ...{ text, explanation: null },
    });
    const differences = [one('x', 3), one('y', 4), one('x', 9), one('x', 12)];
    const lines = checkText({ functions: 1, differences }, false).split('\n');
    const verdict = '1 functions compared: 4 differences unexplained, 0 explained';
    expect(lines).to.deep.equal([
      ...[verdict, '', 'Unexplained:'],
      ...['  a.ts:1 a.c:3: f: x (state 4), 3 times', '  a.ts:1 a.c:4: f: y (state 4)'],
      ...['', verdict, ''],
    ]);
  });
});

describe('iommu-bounce read --out', () => {
  it('writes a site of the series, and replaces only what it wrote', async () => {
    await withFolder(async (folder) => {
      const site = join(folder, 'site');
      const args = ['read', ...tally, ...kernel, '--out', site];
      const { status, out } = await cli(...args);
      expect({ status, out }).to.deep.equal({ status: 0, out: `Site: ${site}/index.html\n` });
      const first = contents(site);
      expect([...first.keys()]).to.include.members(['index.html', 'patch-4.html', 'check.html']);
      expect((await cli(...args)).status).to.equal(0);
      expect(contents(site)).to.deep.equal(first);

      writeFileSync(join(site, 'mine.txt'), 'mine');
      const refused = await cli(...args);
      expect(refused.status).to.equal(2);
      expect(refused.err).to.match(/^iommu-bounce: .*site: holds mine\.txt.*--force[^\n]*\n$/);
      expect((await cli(...args, '--force')).status).to.equal(0);
      expect(readFileSync(join(site, 'mine.txt'), 'utf8')).to.equal('mine');
    });
  });

  it('says that it replaces a site, and does not replace one with a series by one without @long-only', async () => {
    await withFolder(async (folder) => {
      const site = join(folder, 'site');
      const args = ['read', ...tally, ...kernel, '--out', site];
      expect((await cli(...args)).err).to.not.include('replaces');
      expect((await cli(...args)).err).to.include(
        `note: ${site}: replaces the site of an earlier run\n`,
      );
      const alone = await cli('read', ...port, '--out', site);
      expect(alone.status).to.equal(2);
      expect(alone.err).to.match(/site: holds a site with the C of a series.*--force/);
      expect(existsSync(join(site, 'patch-1.html'))).to.equal(true);
      expect((await cli('read', ...port, '--out', site, '--force')).status).to.equal(0);
      expect(existsSync(join(site, 'patch-1.html'))).to.equal(false);
    });
  });

  it('ends the notes with what to do where hunks do not apply', async () => {
    await withFolder(async (folder) => {
      const tree = join(folder, 'tree');
      cpSync(join(reader, 'tree'), tree, { recursive: true });
      const file = join(tree, 'drivers/tally/tally.c');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/^static .*tally_alloc_mark\(/m, '/* other */\n$&'));
      const args = [...tally, '--kernel', tree];
      for (const more of [['tally_weigh'], ['--out', join(folder, 'site')]]) {
        const { err, status } = await cli('read', ...args, ...more);
        const last = err.trimEnd().split('\n').at(-1);
        expect(status, err).to.equal(0);
        expect(last).to.match(/^note: \d hunks? of the series left out: --kernel is not the tree/);
      }
    });
  });

  it('writes a site of our side alone without a series', async () => {
    await withFolder(async (folder) => {
      const site = join(folder, 'site');
      expect((await cli('read', ...port, '--out', site)).status).to.equal(0);
      expect(existsSync(join(site, 'index.html'))).to.equal(true);
      expect(existsSync(join(site, 'patch-1.html'))).to.equal(false);
    });
  });
});

function contents(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

describe('what iommu-bounce read refuses with one line and status 2', () => {
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['nothing to do', [], /expected a name, --out <folder> or --check/],
    ['names and a site', ['x', '--out', 'y'], /names cannot be combined with --out or --check/],
    ['--check without a series', ['--check'], /--check: needs your copy of the mails/],
    ['--kernel without a series', ['x', '--kernel', '.'], /--kernel: needs your copy/],
    ['--explained without --check', ['x', '--explained'], /--explained: is for --check/],
    ['--json without --check', ['x', '--json'], /--json: is for --check/],
    ['--force without --out', ['x', '--force'], /--force: is for --out/],
    ['a missing mbox', ['x', '--series', 'none.mbox', ...port], /none\.mbox/],
    [
      'a series that the port does not mirror',
      ['x', '--series', thread],
      /the port mirrors|other files/,
    ],
    [
      'an mbox without a series',
      ['x', '--series', join(fixtures, 'inventory.json'), ...port],
      /inventory\.json/,
    ],
    [
      'a kernel tree without the files',
      ['--check', ...tally, '--kernel', fixtures],
      /has none of the files/,
    ],
    ['a port that mirrors nothing', ['x', '--port', fixtures], /no file mirrors C/],
    ['--state without a name', ['--check', ...tally, '--state', '1'], /--state: is for names/],
    [
      'a state that is none',
      ['x', '--state', '5', ...port],
      /--state: expected a whole number from 0 to 4/,
    ],
    ['a side', ['x', '--side', 'left'], /--side <which>/],
    ['a colour', ['x', '--color', 'blue'], /--color <when>/],
  ];
  for (const [what, args, message] of wrong)
    it(what, async () => {
      const { status, out, err } = await cli('read', ...args);
      expect({ status, out }).to.deep.equal({ status: 2, out: '' });
      expect(err).to.match(/^iommu-bounce: [^\n]+\n$/);
      expect(err).to.match(message);
    });
});
