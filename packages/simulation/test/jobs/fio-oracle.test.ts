// SPDX-License-Identifier: GPL-2.0-only
// The real fio beside the reader, where it is installed: what it accepts and what it makes of a number.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FioJob, JobError, formatJobFile } from '../../src/jobs';
import { readSections } from '../../src/jobs/ini';
import { read } from './read';

const version = spawnSync('fio', ['--version'], { encoding: 'utf8' }).stdout as string | null;

/** What the real fio makes of a job file. */
interface Oracle {
  readonly accepted: boolean;
  /** `option=number`, in the order of its parsing. */
  readonly numbers: string[];
}

const LONG = process.env['TEST_LONG'] === '1';
/** Each case starts fio: all of them with TEST_LONG=1, else every twelfth. */
const some = <T>(cases: readonly T[]): readonly T[] =>
  LONG ? cases : cases.filter((_, i) => i % 12 === 0);

const COMMON = '[global]\ndirect=1\nioengine=libaio\nsize=1g\n';

describe('readJobFile beside the real fio', function () {
  this.timeout(60_000);
  let folder = '';

  before(function () {
    if (version?.startsWith('fio-') !== true) {
      process.stderr.write('      skipped: fio is not installed (Debian: apt-get install fio)\n');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'fio-oracle-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  function oracle(text: string): Oracle {
    const file = join(folder, 'a.fio');
    writeFileSync(file, text);
    const { stdout, stderr, status } = spawnSync('fio', ['--parse-only', '--debug=parse', file], {
      encoding: 'utf8',
    });
    const numbers: string[] = [];
    let option = '';
    for (const line of stdout.split('\n')) {
      option = /__handle_option=(\w+), type/.exec(line)?.[1] ?? option;
      const out = /ret=0, out=(\d+)/.exec(line)?.[1];
      if (out !== undefined) numbers.push(`${option}=${out}`);
    }
    const complaint = /failed parsing|dropped|Bad option|outside of|size too small/;
    return { accepted: status === 0 && !complaint.test(stdout + stderr), numbers };
  }

  function ours(text: string): readonly FioJob[] | null {
    try {
      return read(text).jobs;
    } catch (error) {
      if (error instanceof JobError) return null;
      throw error;
    }
  }

  /** What both accept, and where the number is the same. */
  const NUMBERS: readonly [string, (job: FioJob) => number | undefined | null, number?][] = [
    ...['4k', '4K', '4kb', '4ki', '0x1000', '16384', '512b', '64KB'].map(
      (size): [string, (job: FioJob) => number | undefined] => [
        `bs=${size}`,
        (job) => job.bs.read[0]?.bytes,
      ],
    ),
    ...['1m', '1mi', '2mib', '3gb', '1t', '1000000', '7G'].map(
      (size): [string, (job: FioJob) => number | null] => [`size=${size}`, (job) => job.size],
    ),
    ...['1', '1s', '20ms', '20msec', '30us', '30usec', '2M', '1h', '1d'].map(
      (time): [string, (job: FioJob) => number | null, number] => [
        `runtime=${time}`,
        (job) => job.runtimeNs,
        1000,
      ],
    ),
    ['iodepth=1k', (job) => job.iodepth],
    ['iodepth= 7', (job) => job.iodepth],
    ['numjobs=3', (job) => job.numjobs],
    ['number_ios=2k', (job) => job.numberIos],
    ['rwmixread=70', (job) => job.rwmixread],
    ['randseed=5', (job) => job.seed],
  ];

  for (const [option, value, unit = 1] of some(NUMBERS))
    it(`reads the same number from ${option} @long`, () => {
      const text = `${COMMON}[j]\n${option}\n`;
      const name = option.slice(0, option.indexOf('='));
      const jobs = ours(text);
      const number = Number(value(jobs?.[0] as FioJob)) / unit;
      const fio = oracle(text);
      expect(fio.numbers).to.include(`${name}=${String(number)}`);
      expect(fio.accepted).to.equal(true);
    });

  /** What fio refuses, the reader refuses. */
  for (const option of some([
    'bs=',
    'iodepth=0',
    'iodepth=',
    'rw=READ',
    'rw= read',
    'rw=sideways',
    'rwmixread=101',
    'direct=2',
    'direct',
    'time_based=',
    'bssplit=4k/60:8k/60:16k:32k',
    'kb_base=1001',
  ]))
    it(`refuses as fio does: ${option.replace('\n', ', ')} @long`, () => {
      const text = `${COMMON}[j]\n${option}\n`;
      expect(oracle(text).accepted, 'fio').to.equal(false);
      expect(ours(text), 'the reader').to.equal(null);
    });

  /** What both accept. */
  for (const option of some([
    'rw=randread:8',
    'rw=read:-8k',
    'rw=readwrite',
    'time_based\nruntime=2',
    'bs=4k,8k',
    'bs=8k,',
    'bs=,8k',
    'bs=4k:8k',
    'bssplit=4k/50:8k/50',
    'bssplit=4k/10:8k:16k/30,512/50:4k/',
    'bssplit=4k/50:8k/50:',
    'bssplit=,4k/50:8k/50',
    'bsrange=4k-16k',
    'bsrange=4k:16k,8k-8k',
    'stonewall',
    'stonewall=1',
    'thread\ngroup_reporting',
    'rwmixwrite=30\nrw=rw',
    'kb_base=1000\nbs=4096',
    'loops=2',
    'buffered=0',
  ]))
    it(`accepts as fio does: ${option.replace('\n', ', ')} @long`, () => {
      const text = `${COMMON}[j]\n${option}\n`;
      expect(oracle(text).accepted, 'fio').to.equal(true);
      expect(ours(text), 'the reader').not.to.equal(null);
    });

  it('sees the same sections and options', () => {
    const text = `; c\n${COMMON}rw=randrw ; c\n[a]\n bs=4k,8k\t# d\niodepth=3\n\n  [a] # again\nbs=8k,\nthread\n[globalx]\niodepth=5\r\n[b c]\n#x=y\nbs=,16k;z`;
    const file = join(folder, 'b.fio');
    writeFileSync(file, text);
    const { stdout } = spawnSync('fio', ['--showcmd', file], { encoding: 'utf8' });
    // A job is shown with its own options only; a global section with all that were said up to there.
    const theirs = stdout
      .split(/--name=/)
      .slice(1)
      .map((job) => job.trim());
    const sections = readSections(file, { read: () => text });
    const seen = sections
      .filter(({ global }) => !global)
      .map(({ name, options }) =>
        [name, ...options.map((o) => `--${o.name}${o.value === null ? '' : `=${o.value}`}`)].join(
          ' ',
        ),
      );
    expect(seen).to.deep.equal([
      'a --bs=4k,8k --iodepth=3',
      'a --bs=8k, --thread',
      'b c --bs=,16k',
    ]);
    expect(theirs.map((job, i) => job.slice(0, seen[i]?.length))).to.deep.equal(seen);
  });

  it('accepts what formatJobFile writes', () => {
    const [job] = ours(`${COMMON}[j]\nrw=randrw\nbssplit=4k/50:8k/50\nruntime=3\n`) ?? [];
    expect(oracle(formatJobFile([job as FioJob])).accepted).to.equal(true);
  });
});
