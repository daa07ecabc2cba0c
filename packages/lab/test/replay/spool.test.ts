// SPDX-License-Identifier: GPL-2.0-only
// Captures that can be read only once: a pipe, and stdin.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { ReplayDocument } from '../../src/compare';
import { spool } from '../../src/spool';
import { cli, withFolder } from '../commands/run-cli';
import { TraceWriter } from './helpers';

const SMALL = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000).text;
const BIN = join(__dirname, '../../bin/iommu-bounce.js');

/** A fifo from which this text can be read once; null where the system has none. */
function fifoOf(folder: string, text: string): string | null {
  const fifo = join(folder, 'x.fifo');
  if (spawnSync('mkfifo', [fifo]).status !== 0) return null;
  spawn('sh', ['-c', 'printf %s "$1" > "$2"', 'sh', text, fifo]);
  return fifo;
}

describe('a capture that can be read only once', function () {
  this.timeout(60_000);

  it('is replayed from a pipe, twice read, under its own name', async function () {
    await withFolder(async (folder) => {
      const fifo = fifoOf(folder, SMALL);
      if (fifo === null) return void this.skip();
      const { status, out, err } = await cli('replay', fifo, '--json');
      expect(status, err).to.equal(0);
      const document = JSON.parse(out) as ReplayDocument;
      expect(document.files).to.deep.equal([fifo]);
      expect(document.agreement.mappings_equal).to.equal(1);
    });
  });

  it('is played from a pipe, twice opened', async function () {
    await withFolder(async (folder) => {
      const fifo = fifoOf(folder, SMALL);
      if (fifo === null) return void this.skip();
      const { status, err } = await cli('play', fifo, '--out', join(folder, 'x.html'));
      expect(status, err).to.equal(0);
      expect(readFileSync(join(folder, 'x.html'), 'utf8')).to.include('x.fifo, played');
    });
  });

  it('is named where it is no capture', async function () {
    await withFolder(async (folder) => {
      const fifo = fifoOf(folder, 'no trace\n');
      if (fifo === null) return void this.skip();
      const { status, err } = await cli('replay', fifo);
      expect(status).to.equal(2);
      expect(err).to.include(`${fifo}:1: not a capture`);
    });
  });

  it('is copied, and the copy removed', async function () {
    await withFolder(async (folder) => {
      const fifo = fifoOf(folder, 'abc');
      if (fifo === null) return void this.skip();
      const { pathOf, drop } = await spool([fifo, fifo]);
      const copy = pathOf(fifo);
      expect(copy).not.to.equal(fifo);
      expect(readFileSync(copy, 'utf8')).to.equal('abc');
      drop();
      expect(existsSync(copy)).to.equal(false);
    });
  });

  it('is a file as it is where it can be read again', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, SMALL);
      const { pathOf, drop } = await spool([file, folder, 'missing']);
      expect([file, folder, 'missing'].map(pathOf)).to.deep.equal([file, folder, 'missing']);
      drop();
    });
  });

  it('leaves costs alone, which are read once', async function () {
    await withFolder(async (folder) => {
      const fifo = fifoOf(folder, 'vmexitNs=3000\n');
      if (fifo === null) return void this.skip();
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, SMALL);
      const { status, err } = await cli('replay', file, '--costs', fifo, '--json');
      expect(status, err).to.equal(0);
    });
  });

  it('may be stdin', function () {
    if (!existsSync(join(__dirname, '../../dist/command/cli.cjs'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    for (const name of ['-', '/dev/stdin']) {
      const { status, stdout } = spawnSync(
        process.execPath,
        [BIN, 'replay', name, '--json', '--patches', '0'],
        {
          input: SMALL,
          encoding: 'utf8',
          env: { ...process.env, NODE_OPTIONS: '' },
        },
      );
      expect(status).to.equal(0);
      expect((JSON.parse(stdout) as ReplayDocument).files).to.deep.equal([name]);
    }
  });

  it('leaves no copy when Ctrl-C ends the command', async () => {
    await withFolder(async (folder) => {
      const command = spawn(process.execPath, [BIN, 'replay', '-'], {
        env: { ...process.env, TMPDIR: folder },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const ended = once(command, 'exit');
      command.stdin.write(SMALL);
      // At once: what removes the copy is there before the folder is.
      while (readdirSync(folder).length === 0) await setImmediate();
      command.kill('SIGINT');
      expect(await ended).to.deep.equal([null, 'SIGINT']);
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  });

  it('is refused where its copy has no room', () => {
    const none = join(__dirname, 'none');
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'replay', '-'], {
      input: SMALL,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: none },
    });
    expect(stderr).to.equal(
      `iommu-bounce: ${none}: cannot hold a copy of - (ENOENT); expected room in the folder that TMPDIR names\n`,
    );
    expect(status).to.equal(2);
  });
});
