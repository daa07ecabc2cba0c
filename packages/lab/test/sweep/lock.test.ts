// SPDX-License-Identifier: GPL-2.0-only
// The lock of a folder: one process has it, whatever others do, and a dead one has none.

import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { locked } from '../../src/sweep/lock';
import { withFolder } from '../commands/run-cli';

const TAKER = join(__dirname, 'lock-taker.cjs');
const PROCESSES = 4;
const LOCKS = 100;
const HELD = /lock: another sweep writes into this folder; if there is none, remove this file$/;

/** What a process says next. */
function said(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => {
      reject(new Error(`ended with ${String(code)}`));
    });
  });
}

/** Of a process that has ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

describe('the lock of a folder', () => {
  for (const before of ['a dead process has', 'nobody has'])
    it(`is taken by one of ${String(PROCESSES)} processes that want the one that ${before}`, () =>
      withFolder(async (folder) => {
        const dead = `${String(deadPid())}\n`;
        if (before !== 'nobody has')
          for (let i = 0; i < LOCKS; i++) writeFileSync(join(folder, String(i)), dead);
        const takers = Array.from({ length: PROCESSES }, () =>
          fork(TAKER, [folder, String(LOCKS)], { execArgv: ['--conditions=source'] }),
        );
        try {
          await Promise.all(takers.map(said));
          const all = takers.map(said);
          const begin = Date.now() + 50;
          for (const taker of takers) taker.send(begin);
          const taken = (await Promise.all(all)).flat() as number[];
          expect(taken.sort((a, b) => a - b)).to.deep.equal(
            Array.from({ length: LOCKS }, (_, i) => i),
          );
          expect(readdirSync(folder)).to.have.length(LOCKS);
        } finally {
          for (const taker of takers) taker.kill();
        }
      }));

  it('is held until it is given back, and leaves nothing', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'lock');
      const release = locked(path);
      expect(() => locked(path)).to.throw(HELD);
      expect(readdirSync(folder)).to.deep.equal(['lock']);
      release();
      expect(readdirSync(folder)).to.deep.equal([]);
      locked(path)();
      await Promise.resolve();
    }));

  it('is not given back for somebody who took it since', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'lock');
      const release = locked(path);
      writeFileSync(path, '1\n');
      release();
      expect(readFileSync(path, 'utf8')).to.equal('1\n');
      await Promise.resolve();
    }));

  it('is taken over where its text names no process that runs, or is damaged', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'lock');
      for (const text of [String(deadPid()), '', 'x', '-1', '99999999999', '\0\0\0\0']) {
        writeFileSync(path, text);
        locked(path)();
        expect(readdirSync(folder), JSON.stringify(text)).to.deep.equal([]);
      }
      await Promise.resolve();
    }));

  it('is taken over after one who died while it took it over', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'lock');
      writeFileSync(path, `${String(deadPid())}\n`);
      const name = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
      writeFileSync(`${path}.${name}.tmp`, `${String(deadPid())} who took it over\n`);
      const release = locked(path);
      expect(() => locked(path)).to.throw(HELD);
      release();
      expect(readdirSync(folder)).to.deep.equal([]);
      await Promise.resolve();
    }));

  it('is refused in one line where no file can be', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'lock');
      mkdirSync(path);
      expect(() => locked(path)).to.throw(/lock: cannot be written \(EISDIR\)$/);
      const dangling = join(folder, 'dangling-lock');
      symlinkSync(join(folder, 'nowhere'), dangling);
      expect(() => locked(dangling)).to.throw(HELD);
      expect(() => locked(join(folder, 'none', 'lock'))).to.throw(/cannot be written \(ENOENT\)$/);
      await Promise.resolve();
    }));
});
