// SPDX-License-Identifier: GPL-2.0-only
// `sweep` as a command: its results are the same however often it was stopped, and nothing is half written.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import sinon from 'sinon';
import { UsageError } from '../../src/errors';
import * as lock from '../../src/sweep/lock';
import { LocalPool, WORKER_FILE } from '../../src/sweep/pool';
import { type CliResult, cli, fixtures, withFolder } from '../commands/run-cli';
import { type PoolStub, stubPool } from './stub-pool';

const BIN = join(__dirname, '../../bin/iommu-bounce.js');
const VERSION = '0.1.0';

/** A long name: all rows are more than the 2 KiB of a full disk. */
const P99 =
  'nanoseconds after which (counted from its submission) 99 % of the I/Os of the policy pool have ended';
const SPEC = `verb: fio
args: [--no-data, --number-ios, 50]
matrix:
  policy: [pool, lazy-large]
  bs: [4k, 16k]
  iodepth: {from: 1, to: 3, step: 1}
exclude:
- {bs: 16k, iodepth: 3}
columns:
  bandwidth: runs[0].bandwidth_bytes_per_s
  ${P99}: runs[policy=pool].latency_ns.p99
  moved: data_moved
`;
const POINTS = 10;
/** Where only the end of a sweep matters. */
const SHORT =
  'verb: fio\nargs: [--no-data, --number-ios, 50]\nmatrix: {iodepth: [1, 2]}\ncolumns: [layout]\n';

interface Paths {
  readonly spec: string;
  readonly out: string;
  /** Rows of an undisturbed run. */
  readonly rows: string;
}

/** The folder of a run of SPEC that nothing disturbs, made once for all tests. */
let undisturbed: string | null = null;

/** Threads that are kept from test to test, in place of those that each sweep starts and ends. */
let threads: LocalPool | null = null;
/** Of the pools that sweeps ask for. */
let start: PoolStub;

/** Lets sweeps use the kept threads. */
async function keepThreads(): Promise<void> {
  const kept = (threads ??= await LocalPool.start(2));
  start = stubPool({ depth: kept.depth, run: (task) => kept.run(task) });
}

/** With threads of its own. */
async function onOwnThreads(...args: readonly string[]): Promise<CliResult> {
  start.restore();
  try {
    return await cli(...args);
  } finally {
    await keepThreads();
  }
}

async function swept(use: (paths: Paths) => Promise<void> | void, text = SPEC): Promise<void> {
  await withFolder(async (folder) => {
    const [spec, out] = [join(folder, 's.yaml'), join(folder, 'out')];
    writeFileSync(spec, SPEC);
    if (undisturbed === null) {
      undisturbed = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
      const first = await cli('sweep', spec, '--out', undisturbed, '--jobs', '2');
      expect(first).to.deep.equal({
        ...{ status: 0, err: '' },
        out: `10 rows in ${join(undisturbed, 'results.jsonl')}\n`,
      });
    }
    writeFileSync(spec, text);
    await use({ spec, out, rows: rowsIn(undisturbed) });
  });
}

/** A sweep of SPEC that has ended, to be damaged. */
function copyDone({ out }: Paths): void {
  if (undisturbed === null) throw new Error('expected a sweep to copy');
  cpSync(undisturbed, out, { recursive: true });
}

function rowsIn(folder: string): string {
  return readFileSync(join(folder, 'results.jsonl'), 'utf8');
}

function manifestIn(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, unknown>;
}

function expectRefused(result: Pick<CliResult, 'status' | 'out' | 'err'>, message: string): void {
  expect([result.status, result.out]).to.deep.equal([2, '']);
  expect(result.err).to.include(message);
  expect(result.err.split('\n')).to.have.length(2);
}

async function ended(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.once('exit', resolve));
}

/** Starts a sweep and waits until it has written some rows. */
async function begun({ spec, out }: Paths): Promise<ChildProcess> {
  const args = [BIN, 'sweep', spec, '--out', out, '--jobs', '1'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const has = (): boolean => existsSync(join(out, 'results.jsonl')) && rowsIn(out).includes('\n');
  while (child.exitCode === null && !has()) await setTimeout(5);
  return child;
}

describe('iommu-bounce sweep', function () {
  this.timeout(180_000);
  before(async function () {
    if (existsSync(WORKER_FILE)) {
      await keepThreads();
      return;
    }
    console.log('      skipped: the package is not built (npm run build)');
    this.skip();
  });
  after(async () => {
    sinon.restore();
    await threads?.close();
    threads = null;
    if (undisturbed !== null) rmSync(undisturbed, { recursive: true });
    undisturbed = null;
  });

  it('writes one row for each point, in their order, whatever the number of threads', () =>
    swept(async ({ spec, out, rows }) => {
      const own = ['sweep', spec, '--out', out, '--jobs', '1'];
      const { status, out: said } = await onOwnThreads(...own);
      expect(status).to.equal(0);
      expect(said).to.equal(`10 rows in ${join(out, 'results.jsonl')}\n`);
      expect(rowsIn(out)).to.equal(rows);
      const parsed = rows
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(parsed.map(({ point }) => point)).to.deep.equal(
        Array.from({ length: POINTS }, (_, i) => i),
      );
      expect(Object.keys(parsed[0] ?? {})).to.deep.equal([
        ...['point', 'hash', 'status', 'policy', 'bs', 'iodepth', 'bandwidth', P99, 'moved'],
      ]);
      expect(parsed[0]).to.include({
        status: 0,
        policy: 'pool',
        bs: '4k',
        iodepth: 1,
        moved: false,
      });
      // A row is what the verb itself prints.
      const fio = await cli(
        'fio',
        '--bs',
        '16k',
        '--iodepth',
        '2',
        '--no-data',
        '--number-ios',
        '50',
        '--policy',
        'lazy-large',
        '--json',
      );
      const { runs } = JSON.parse(fio.out) as { runs: { bandwidth_bytes_per_s: number }[] };
      expect(parsed.at(-1)).to.include({
        bandwidth: runs[0]?.bandwidth_bytes_per_s,
        [P99]: null,
      });
    }));

  it('writes the same rows as Parquet, and a manifest without paths', () =>
    swept(async (paths) => {
      const { out, rows } = paths;
      copyDone(paths);
      const file = await asyncBufferFromFile(join(out, 'results.parquet'));
      const { schema } = await parquetMetadataAsync(file);
      expect(schema.slice(1).map(({ type = '' }) => type)).to.deep.equal([
        ...[
          'INT32',
          'BYTE_ARRAY',
          'INT32',
          'BYTE_ARRAY',
          'BYTE_ARRAY',
          'DOUBLE',
          'DOUBLE',
          'DOUBLE',
          'BOOLEAN',
        ],
      ]);
      const lines = (await parquetReadObjects({ file })).map((row) => `${JSON.stringify(row)}\n`);
      expect(lines.join('')).to.equal(rows);

      const {
        version,
        verb,
        spec: kept,
        points,
        rows: counted,
        failures,
        complete,
      } = manifestIn(out);
      expect({ version, verb, points, counted, failures, complete }).to.deep.equal({
        ...{ version: VERSION, verb: 'fio', points: POINTS, counted: POINTS, failures: 0 },
        complete: true,
      });
      expect(kept).to.include({ text: SPEC });
      expect(readFileSync(join(out, 'manifest.json'), 'utf8')).to.not.include(tmpdir());
      expect(readdirSync(out).sort()).to.deep.equal([
        ...['failures.jsonl', 'manifest.json', 'results.jsonl', 'results.parquet'],
      ]);
    }));

  for (const signal of ['SIGKILL', 'SIGINT'] as const)
    it(`goes on after ${signal}: nothing lost, nothing twice${signal === 'SIGKILL' ? '' : ' @long-only'}`, () =>
      swept(async (paths) => {
        const { spec, out, rows } = paths;
        const child = await begun(paths);
        let err = '';
        child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
        child.kill(signal);
        await ended(child);
        const before = rowsIn(out);
        expect(rows.startsWith(before)).to.equal(true);
        expect(before.length).to.be.below(rows.length);
        if (signal === 'SIGINT')
          expect(err).to.match(/^sweep: stopped after \d+ of 10 points; --resume goes on\n$/);

        expectRefused(
          await cli('sweep', spec, '--out', out, '--jobs', '1'),
          'holds a sweep; give --resume to go on with it',
        );
        const again = await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1');
        expect(again).to.include({ status: 0, err: '' });
        expect(rowsIn(out)).to.equal(rows);
        expect(existsSync(join(out, 'lock'))).to.equal(false);
      }));

  it('changes nothing in a sweep that has ended, and says so', () =>
    swept(async (paths) => {
      const { spec, out } = paths;
      const resumed = (): Promise<CliResult> =>
        cli('sweep', spec, '--out', out, '--resume', '--jobs', '1');
      copyDone(paths);
      const all = (): string[] =>
        readdirSync(out).map((name) => readFileSync(join(out, name), 'latin1'));
      const before = all();
      const { status, out: said } = await resumed();
      expect(status).to.equal(0);
      expect(said).to.match(/^10 rows in .*results\.jsonl; the sweep had ended: nothing was run/);
      expect(all()).to.deep.equal(before);

      rmSync(join(out, 'results.parquet'));
      expect((await resumed()).out).to.match(/^10 rows in .*results\.jsonl\n$/);
      expect(readdirSync(out)).to.include('results.parquet');
    }));

  it('drops a torn last line, says so, and runs its point again', () =>
    swept(async (paths) => {
      const { spec, out, rows } = paths;
      copyDone(paths);
      const kept = rows.split('\n').slice(0, 7).join('\n').length;
      truncateSync(join(out, 'results.jsonl'), kept + 30);
      const { status, err } = await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1');
      expect(status).to.equal(0);
      expect(err).to.match(
        /^warning: .*results\.jsonl: the last line is torn and dropped \(29 bytes\)/,
      );
      expect(rowsIn(out)).to.equal(rows);
    }));

  it('keeps whole rows on a full disk, and goes on when there is room @long-only', () =>
    swept(async ({ spec, out, rows }) => {
      const command = `ulimit -f 2; exec "$0" "$@"`;
      const { status, stdout, stderr } = spawnSync(
        'bash',
        ['-c', command, process.execPath, BIN, 'sweep', spec, '--out', out, '--jobs', '1'],
        { encoding: 'utf8' },
      );
      expectRefused(
        { status: status as 2, out: stdout, err: stderr },
        'results.jsonl: cannot be written (EFBIG)',
      );
      expect(rowsIn(out).endsWith('\n')).to.equal(true);
      expect(rows.startsWith(rowsIn(out))).to.equal(true);
      expect((await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1')).status).to.equal(
        0,
      );
      expect(rowsIn(out)).to.equal(rows);
    }));

  it('keeps the rows when the disk is full at the end, and writes Parquet when there is room @long-only', () =>
    swept(async ({ spec, out }) => {
      mkdirSync(out);
      symlinkSync('/dev/full', join(out, 'results.parquet.tmp'));
      expectRefused(
        await cli('sweep', spec, '--out', out, '--jobs', '1'),
        'results.parquet: cannot be written (ENOSPC)',
      );
      const rows = rowsIn(out);
      expect(rows.match(/"point":\d/g)).to.deep.equal(['"point":0', '"point":1']);
      expect(manifestIn(out)).to.include({ complete: false });
      expect(readdirSync(out).sort()).to.deep.equal([
        ...['failures.jsonl', 'manifest.json', 'results.jsonl'],
      ]);
      expect((await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1')).status).to.equal(
        0,
      );
      expect(rowsIn(out)).to.equal(rows);
      expect(manifestIn(out)).to.include({ complete: true, rows: 2 });
      const file = await asyncBufferFromFile(join(out, 'results.parquet'));
      expect(await parquetReadObjects({ file })).to.have.length(2);
    }, SHORT));

  for (const [what, change] of [
    ['a line is there twice', (lines: string[]) => [...lines.slice(0, 4), ...lines.slice(3)]],
    ['two lines have changed places', ([a = '', b = '', ...rest]: string[]) => [b, a, ...rest]],
    ['a line is missing', (lines: string[]) => [...lines.slice(0, 4), ...lines.slice(5)]],
  ] as const)
    it(`counts each point once where ${what}`, () =>
      swept(async (paths) => {
        const { spec, out, rows } = paths;
        copyDone(paths);
        writeFileSync(join(out, 'results.jsonl'), change(rows.split('\n')).join('\n'));
        const { status, err } = await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1');
        expect(status).to.equal(0);
        expect(err).to.match(/^warning: .*results\.jsonl: lines that are out of order, or of a /);
        expect(rowsIn(out)).to.equal(rows);
      }));

  it('names places of the ported code as the command of a point does', () =>
    swept(async ({ spec, out }) => {
      expect((await cli('sweep', spec, '--out', out, '--jobs', '1')).status).to.equal(0);
      const { seen } = JSON.parse(rowsIn(out)) as { readonly seen: string };
      expect(seen).to.match(/\(before-patch-1\.ts:\d+\)/);
    }, 'verb: series\nmatrix: {driver: [table]}\ncolumns: {seen: "probes[0].seen[0]"}\n'));

  it('has values that no file can be named', () =>
    swept(
      async ({ spec, out }) => {
        expect((await cli('sweep', spec, '--out', out, '--jobs', '1')).status).to.equal(1);
        expect(readFileSync(join(out, 'failures.jsonl'), 'utf8')).to.match(
          /ENAMETOOLONG.*\n.*ENOTDIR/,
        );
        expect(manifestIn(out)['inputs']).to.deep.equal([]);
      },
      `verb: breakeven\nmatrix: {costs: [${'x'.repeat(300)}, ${__filename}/behind]}\ncolumns: [preset]\n`,
    ));

  it('has axes of several kinds as texts, in both files, and numbers beside null as numbers', () =>
    swept(async ({ spec, out }) => {
      expect((await cli('sweep', spec, '--out', out, '--jobs', '1')).status).to.equal(0);
      const rows = rowsIn(out).trimEnd().split('\n');
      expect(
        rows.map((row) => {
          const values = JSON.parse(row) as Record<string, unknown>;
          return [values['set.vmexitNs'], values['write'], values['set.submitNs']];
        }),
      ).to.deep.equal([
        ['1000', true, null],
        ['2e3', true, null],
        [null, null, 1500],
        [null, null, null],
      ]);
      const file = await asyncBufferFromFile(join(out, 'results.parquet'));
      const stored = (await parquetReadObjects({ file })).map((row) => JSON.stringify(row));
      expect(stored).to.deep.equal(rows);
    }, 'verb: breakeven\nmatrix: {set.vmexitNs: [1000, 2e3], write: [true]}\ninclude: [{set.submitNs: 1500}, {set.submitNs: null}]\ncolumns: [preset]\n'));

  it('has columns of any name', () =>
    swept(async ({ spec, out }) => {
      expect((await cli('sweep', spec, '--out', out, '--jobs', '1')).status).to.equal(0);
      const [row] = rowsIn(out).split('\n');
      expect(row).to.include('"toString":"fresh","__proto__":"laptop-virtio"');
      const file = await asyncBufferFromFile(join(out, 'results.parquet'));
      const { schema } = await parquetMetadataAsync(file);
      expect(schema.map(({ name }) => name)).to.include.members(['toString', '__proto__']);
    }, 'verb: fio\nargs: [--no-data, --number-ios, 50]\nmatrix: {iodepth: 1}\ncolumns: {toString: layout, __proto__: preset}\n'));

  it('starts no more threads than there are points', () =>
    swept(async (paths) => {
      const { spec, out, rows } = paths;
      copyDone(paths);
      const kept = rows.split('\n').slice(0, -2).join('\n');
      writeFileSync(join(out, 'results.jsonl'), `${kept}\n`);
      await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1000');
      expect(start.lastCall.args).to.deep.equal([1]);
      expect(rowsIn(out)).to.equal(rows);
    }));

  it('reports a point that always fails, and runs the rest', () =>
    swept(async ({ spec, out }) => {
      const { status, out: said } = await cli('sweep', spec, '--out', out, '--jobs', '1');
      expect(status).to.equal(1);
      expect(said).to.match(/^2 rows in .*; 1 point failed: .*failures\.jsonl\n$/);
      const failures = readFileSync(join(out, 'failures.jsonl'), 'utf8');
      expect(JSON.parse(failures)).to.deep.include({
        point: 1,
        tries: 3,
        args: ['net', 'rx', '--packets', '5', '--policy', 'pool'],
      });
      expect(failures).to.include(
        "--packets: expected a whole number from 1000 to 100000000, got '5'",
      );
      expect(rowsIn(out).match(/"point":\d/g)).to.deep.equal(['"point":0', '"point":2']);
      // It stays as it is.
      expect((await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1')).status).to.equal(
        1,
      );
      expect(readFileSync(join(out, 'failures.jsonl'), 'utf8')).to.equal(failures);
    }, 'verb: net\nargs: [rx, --policy, pool]\nmatrix: {packets: [1000, 5, 2000]}\ncolumns: [preset]\n'));

  it('fails a point whose column could be several values', () =>
    swept(async ({ spec, out }) => {
      expect((await cli('sweep', spec, '--out', out, '--jobs', '1')).status).to.equal(1);
      expect(readFileSync(join(out, 'failures.jsonl'), 'utf8')).to.include(
        'column iops: 2 elements are [policy=pool]',
      );
    }, 'verb: fio\nargs: [--no-data, --bs, 4k, --bs, 8k, --policy, pool]\nmatrix: {number-ios: 50}\ncolumns: {iops: "runs[policy=pool].iops"}\n'));

  it('refuses a folder with something else', () =>
    swept(async ({ spec, out }) => {
      mkdirSync(out);
      writeFileSync(join(out, 'mine'), '');
      for (const more of [[], ['--resume']])
        expectRefused(
          await cli('sweep', spec, '--out', out, ...more),
          'is not empty and holds no sweep',
        );
    }));

  it('refuses to go on with another spec, another version, or an input that changed', () =>
    withFolder(async (folder) => {
      const [spec, out, capture] = [
        join(folder, 's.yaml'),
        join(folder, 'out'),
        join(folder, 'c.trace.txt'),
      ];
      copyFileSync(join(fixtures, 'captures/second-unmap.trace.txt'), capture);
      const text = `verb: lint\nargs: ["${folder}/{name}.trace.txt"]\nmatrix: {name: [c]}\ncolumns: [failed]\n`;
      writeFileSync(spec, text);
      // On an empty folder it begins.
      expect((await cli('sweep', spec, '--out', out, '--resume', '--jobs', '1')).status).to.equal(
        0,
      );
      expect(manifestIn(out)['inputs']).to.have.length(1);
      const resumed = (): Promise<CliResult> =>
        cli('sweep', spec, '--out', out, '--resume', '--jobs', '1');

      const manifest = join(out, 'manifest.json');
      const before = readFileSync(manifest, 'utf8');
      writeFileSync(manifest, before.replace(`"version": "${VERSION}"`, '"version": "0.0.9"'));
      expectRefused(await resumed(), `holds a sweep of version 0.0.9, this is version ${VERSION}`);
      for (const broken of ['{', '[]', '{"version":"0.1.0","inputs":5}']) {
        writeFileSync(manifest, broken);
        expectRefused(await resumed(), 'is no manifest of a sweep; expected the one');
      }
      writeFileSync(manifest, before);
      appendFileSync(capture, '# one more line\n');
      expectRefused(await resumed(), 'c.trace.txt is not as it was when the sweep began');
      appendFileSync(spec, '# another\n');
      expectRefused(await resumed(), 'holds a sweep of another spec');
    }));

  it('refuses a folder that cannot be made, and one that another sweep has', () =>
    swept(async ({ spec, out }) => {
      expectRefused(
        await cli('sweep', spec, '--out', join(spec, 'x')),
        'the folder cannot be made or read (ENOTDIR)',
      );
      expectRefused(await cli('sweep', spec), '--out: expected a folder for the results');
      expectRefused(
        await cli('sweep', spec, '--out', out, '--jobs', '0'),
        '--jobs: expected a whole number from 1',
      );
      mkdirSync(out);
      writeFileSync(join(out, 'lock'), `${String(process.pid)}\n`);
      expectRefused(
        await cli('sweep', spec, '--out', out, '--jobs', '1'),
        'another sweep writes into this folder',
      );
    }));

  it('leaves nothing of a sweep that never began, and needs no --resume after it', () =>
    swept(async ({ spec, out, rows }) => {
      const deep = join(out, 'a', 'b');
      start.onCall(start.callCount).rejects(new UsageError('no threads'));
      expectRefused(await cli('sweep', spec, '--out', deep, '--jobs', '1'), 'no threads');
      expect(existsSync(out)).to.equal(false);

      mkdirSync(out);
      start.onCall(start.callCount).rejects(new UsageError('no threads'));
      await cli('sweep', spec, '--out', out, '--jobs', '1');
      expect(readdirSync(out)).to.deep.equal([]);

      // As one leaves it that was killed before its engine had started.
      writeFileSync(join(out, 'lock'), '');
      for (const name of ['results.jsonl', 'failures.jsonl']) writeFileSync(join(out, name), '');
      expect((await cli('sweep', spec, '--out', out, '--jobs', '1')).status).to.equal(0);
      expect(rowsIn(out)).to.equal(rows);

      const before = readFileSync(join(out, 'manifest.json'), 'utf8');
      truncateSync(join(out, 'results.jsonl'), rows.indexOf('\n') + 1);
      start.onCall(start.callCount).rejects(new UsageError('no threads'));
      await cli('sweep', spec, '--out', out, '--jobs', '1', '--resume');
      expect(readFileSync(join(out, 'manifest.json'), 'utf8')).to.equal(before);
      expect(rowsIn(out)).to.equal(rows.slice(0, rows.indexOf('\n') + 1));
    }));

  it('refuses a device in place of its rows', function () {
    if (!existsSync('/dev/full')) this.skip();
    return swept((paths) => {
      const { spec, out } = paths;
      copyDone(paths);
      rmSync(join(out, 'results.jsonl'));
      // It can be read for ever.
      symlinkSync('/dev/full', join(out, 'results.jsonl'));
      const args = [BIN, 'sweep', spec, '--out', out, '--resume', '--jobs', '1'];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        timeout: 30_000,
      });
      expectRefused(
        { status: status as CliResult['status'], out: stdout, err: stderr },
        'results.jsonl: is no file, expected rows of a sweep',
      );
    });
  });

  it('looks into the folder once more when it has its lock', () =>
    swept(async (paths) => {
      const { spec, out, rows } = paths;
      // Another sweep ends there just when this one takes its lock.
      const take = sinon.stub(lock, 'locked').callsFake((path) => {
        take.restore();
        copyDone(paths);
        return lock.locked(path);
      });
      expectRefused(
        await cli('sweep', spec, '--out', out, '--jobs', '1'),
        'holds a sweep; give --resume to go on with it',
      );
      expect(rowsIn(out)).to.equal(rows);
      expect(existsSync(join(out, 'lock'))).to.equal(false);
    }));
});
