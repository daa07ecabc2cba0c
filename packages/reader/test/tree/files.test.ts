// SPDX-License-Identifier: GPL-2.0-only
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { openSeries } from '../../src/series/files';
import type { CTree } from '../../src/tree/c-file';
import { openTree } from '../../src/tree/files';
import type { Series } from '../../src/series/series';
import { TALLY, fixture, inFolder, refusal, write } from '../series/tally';

const TALLY_C = 'drivers/tally/tally.c';

function stateOf(tree: CTree, file: string, state: number): string | null {
  const text = tree.files.find((f) => f.path === file)?.states[state];
  return text ? text.lines.map((line) => `${line.text}\n`).join('') : null;
}

async function tally(): Promise<Series> {
  return openSeries([fixture('thread.mbox')], TALLY);
}

/** Opens the fixture's tree after a change of its folder. */
async function changed(change: (folder: string) => void): Promise<CTree> {
  const series = await tally();
  return inFolder((folder) => {
    cpSync(fixture('tree'), folder, { recursive: true });
    change(folder);
    return openTree(series, folder, TALLY.files);
  });
}

describe('openTree', () => {
  it('says that each text of the fixture is exactly the one that was sent', async () => {
    const tree = openTree(await tally(), fixture('tree'), TALLY.files);
    expect(tree.notes).to.deep.equal([]);
    expect(tree.versions).to.deep.equal([
      'drivers/tally/Kconfig: exactly the version that the series was made on, git id de00120da69b',
      'drivers/tally/Makefile: exactly the version that the series was made on, git id f26248cf6d86',
      'drivers/tally/tally-pool.c: exactly as it was sent, git id fc57ad1b133f',
      'drivers/tally/tally-pool.h: exactly as it was sent, git id eff3d50f097b',
      'drivers/tally/tally.c: exactly the version that the series was made on, git id 72591062dda9',
      'drivers/tally/tally.h: exactly the version that the series was made on, git id 97ce252731ac',
    ]);
    expect(tree.files.map(({ states }) => states.length)).to.deep.equal(Array<number>(6).fill(5));
    expect(stateOf(tree, TALLY_C, 0)).to.equal(readFileSync(fixture(`tree/${TALLY_C}`), 'utf8'));
    expect(stateOf(tree, 'drivers/tally/tally-pool.c', 3)).to.equal(null);
  });

  it('knows created files as a whole without a tree, and the others near their changes', async () => {
    const tree = openTree(await tally(), null, TALLY.files);
    const whole = openTree(await tally(), fixture('tree'), TALLY.files);
    expect(tree.versions).to.deep.equal([
      'drivers/tally/tally-pool.c: exactly as it was sent, git id fc57ad1b133f',
      'drivers/tally/tally-pool.h: exactly as it was sent, git id eff3d50f097b',
    ]);
    for (const { path: name, states, deltas } of tree.files) {
      const other = whole.files.find((file) => file.path === name);
      expect(deltas).to.deep.equal(other?.deltas);
      for (const [n, state] of states.entries())
        for (const line of state?.lines ?? [])
          expect(other?.states[n]?.lines[line.number - 1]).to.deep.equal(line);
    }
  });

  it('says that the version of a file is not known where no patch gives its git id', async () => {
    const series = await tally();
    const other = 'drivers/tally/other.c';
    const tree = await inFolder((folder) => {
      cpSync(fixture('tree'), folder, { recursive: true });
      write(folder, { [other]: 'int a;\n' });
      return openTree(series, folder, [...TALLY.files, other]);
    });
    expect(tree.versions).to.include(
      `${other}: version not known, since no patch changes it and gives its git id`,
    );
    expect(tree.unapplied).to.equal(0);
  });

  it('says how far off the hunks of another version apply', async () => {
    const file = (folder: string): string => path.join(folder, TALLY_C);
    const tree = await changed((folder) => {
      write(folder, { [TALLY_C]: `/* a */\n/* b */\n${readFileSync(file(folder), 'utf8')}` });
    });
    expect(tree.versions).to.include(
      'drivers/tally/tally.c: not the version that the series was made on, git id 72591062dda9; hunks apply up to 2 lines off',
    );
  });

  it('reads files with CR LF, and in Latin-1', async () => {
    const crlf = await changed((folder) => {
      write(folder, {
        [TALLY_C]: readFileSync(path.join(folder, TALLY_C), 'utf8').replaceAll('\n', '\r\n'),
      });
    });
    expect(crlf.versions).to.include(
      'drivers/tally/tally.c: exactly the version that the series was made on, git id 72591062dda9',
    );
    const latin1 = await changed((folder) => {
      write(folder, {
        [TALLY_C]: Buffer.from(readFileSync(path.join(folder, TALLY_C), 'utf8'), 'latin1'),
      });
    });
    expect(stateOf(latin1, TALLY_C, 0)).to.equal(readFileSync(fixture(`tree/${TALLY_C}`), 'utf8'));
  });

  it('has files of the port that no patch changes, where they are there', async () => {
    const tree = await changed((folder) => {
      write(folder, { 'drivers/tally/other.c': 'int x;\n' });
    });
    const other = tree.files.find(({ path: name }) => name === 'drivers/tally/other.c');
    expect(other?.deltas).to.deep.equal([]);
    expect(other?.states.map((state) => state?.lines)).to.deep.equal(
      Array(5).fill([{ text: 'int x;', number: 1, patch: 0 }]),
    );
  });

  it('knows a file by its hunks that the tree does not have, and says so', async () => {
    const series = await tally();
    await inFolder((folder) => {
      mkdirSync(path.join(folder, 'drivers/tally'), { recursive: true });
      cpSync(path.join(fixture('tree'), TALLY_C), path.join(folder, TALLY_C));
      const { files, notes } = openTree(series, folder, TALLY.files);
      expect(notes).to.include(
        `${folder}: has no drivers/tally/Kconfig; only the lines near its changes are known`,
      );
      expect(files.map(({ states }) => states[0]?.whole)).to.deep.equal([
        false,
        false,
        undefined,
        undefined,
        true,
        false,
      ]);
    });
  });

  it('refuses trees of other versions', async () => {
    const makefile = (version: string, level: string) =>
      changed((folder) => {
        write(folder, {
          Makefile: `# SPDX\nVERSION = ${version}\nPATCHLEVEL = ${level}\nSUBLEVEL = 0\n`,
        });
      });
    expect((await makefile('5', '13')).files).to.have.length(6);
    expect((await makefile('5', '14')).files).to.have.length(6);
    for (const [version, level] of [
      ['5', '12'],
      ['5', '15'],
      ['6', '8'],
    ] as const)
      expect(await refusal(() => makefile(version, level))).to.match(
        new RegExp(`/Makefile: Linux ${version}\\.${level}; expected 5\\.13-rc7 to 5\\.14, `),
      );
  });

  it('refuses folders that are no tree, and binaries', async () => {
    const series = await tally();
    expect(await refusal(() => openTree(series, '/none', TALLY.files))).to.equal(
      '/none: no such folder; expected the root of a kernel tree',
    );
    expect(await refusal(() => openTree(series, fixture('thread.mbox'), TALLY.files))).to.match(
      /: no such folder; expected/,
    );
    expect(await refusal(() => openTree(series, fixture('tree/drivers'), TALLY.files))).to.match(
      /: has none of the files, such as drivers\/tally\/tally\.c; expected the root of a kernel tree$/,
    );
    expect(
      await refusal(() =>
        changed((folder) => {
          write(folder, { [TALLY_C]: Buffer.from([35, 0, 10]) });
        }),
      ),
    ).to.match(/tally\.c: is binary; expected a text$/);
  });
});
