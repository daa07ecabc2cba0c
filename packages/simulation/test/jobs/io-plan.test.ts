// SPDX-License-Identifier: GPL-2.0-only
// How many I/Os a job does, and when: what fio 3.33 counted with its null engine (jobs that verify: on files), and fio
// itself where it is installed.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FioJob, IoPlan } from '../../src/jobs';
import { read } from './read';

const LONG = process.env['TEST_LONG'] === '1';
const version = spawnSync('fio', ['--version'], { encoding: 'utf8' }).stdout as string | null;

interface Counts {
  reads: number;
  writes: number;
  bytes: number;
  /** Nanoseconds from the first I/O to the last. */
  ns: number;
}

function jobOf(options: string): FioJob {
  const { jobs } = read(`[j]\ndirect=1\nioengine=libaio\n${options.replaceAll(' ', '\n')}\n`);
  return jobs[0] as FioJob;
}

/** The plan alone, on a drive that takes no time. */
function counts(options: string): Counts {
  const plan = new IoPlan(jobOf(options), 1);
  const seen = { reads: 0, writes: 0, bytes: 0, ns: 0 };
  for (let now = plan.submitsAt(0, 0); now < Infinity; now = plan.submitsAt(now, 0)) {
    const at = plan.submitsAt(now, 0);
    if (at > now) continue;
    plan.prepare();
    if (plan.isRead) seen.reads++;
    else seen.writes++;
    seen.bytes += plan.bytes;
    seen.ns = now;
    plan.take(now);
  }
  return seen;
}

/** Options, reads, writes. */
const COUNTED: readonly (readonly [options: string, reads: number, writes: number])[] = [
  ['rw=read size=10k', 2, 0],
  ['rw=randread size=10k', 2, 0],
  ['rw=randread size=10k norandommap=1', 3, 0],
  ['rw=read size=10k io_size=40k', 10, 0],
  ['rw=read size=10k io_size=42k', 10, 0],
  ['rw=randread size=10k io_size=42k', 10, 0],
  ['rw=write size=10k io_size=42k', 0, 10],
  ['rw=read size=40k io_size=10k', 3, 0],
  ['rw=read size=10k loops=3', 6, 0],
  ['rw=read size=10k io_size=30k loops=3', 8, 0],
  ['rw=read size=40k io_size=10k loops=3', 8, 0],
  ['rw=randread size=40k io_size=10k loops=3', 8, 0],
  ['rw=read filesize=1m', 256, 0],
  ['rw=read filesize=1m size=256k', 64, 0],
  ['rw=read filesize=1m size=2m', 256, 0],
  ['rw=read filesize=1m io_size=256k', 64, 0],
  ['rw=read filesize=1m io_size=2m', 512, 0],
  ['rw=read filesize=1m nrfiles=4', 1024, 0],
  ['rw=read size=1m nrfiles=3', 255, 0],
  ['rw=read size=1m number_ios=100 loops=2', 200, 0],
  ['rw=read size=16k number_ios=100', 4, 0],
  ['rw=read size=256k number_ios=100', 64, 0],
  ['rw=write size=10k', 0, 2],
  ['rw=read filesize=1m size=50%', 128, 0],
  ['rw=read filesize=100k nrfiles=3 size=30%', 21, 0],
  ['rw=read filesize=1m io_size=50%', 128, 0],
  ['rw=randread size=1m io_size=50%', 128, 0],
];

const VERIFIED: typeof COUNTED = [
  ['rw=write size=1m verify=crc32c', 256, 256],
  ['rw=randwrite size=1m verify=crc32c', 256, 256],
  ['rw=write size=1m verify=crc32c do_verify=0', 0, 256],
  ['rw=write size=1m verify=crc32c loops=2', 512, 512],
  ['rw=write size=1m verify=crc32c number_ios=100', 100, 100],
  ['rw=write size=1m verify=crc32c io_size=100k', 25, 25],
  ['rw=write size=1m verify=crc32c io_size=2m', 256, 256],
  ['rw=write size=1m verify=md5 verify_backlog=16', 256, 256],
  ['rw=write size=1m verify=crc32c verify_backlog=16 verify_backlog_batch=8', 256, 256],
  ['rw=write size=1m verify=null', 256, 256],
];

describe('the I/Os of a job', () => {
  for (const [options, reads, writes] of [...COUNTED, ...VERIFIED])
    it(`are ${String(reads)} and ${String(writes)} with ${options}`, () => {
      const seen = counts(`bs=4k ${options}`);
      expect([seen.reads, seen.writes, seen.bytes]).to.deep.equal([
        reads,
        writes,
        4096 * (reads + writes),
      ]);
    });

  it('fill what is left with smaller blocks, where there are some', () => {
    expect(counts('bsrange=4k-16k size=1m').bytes).to.equal(2 ** 20);
    expect(counts('bsrange=4k-16k size=1030k').bytes).to.equal(1028 * 1024);
    expect(counts('bssplit=4k/50:64k/50 size=1m rw=write').bytes).to.equal(2 ** 20);
  });

  it('read back each write after the writes, and as large', () => {
    const plan = new IoPlan(jobOf('rw=write bsrange=4k-64k size=1m verify=crc32c'), 1);
    const sizes: { read: number[]; write: number[] } = { read: [], write: [] };
    let turns = 0;
    for (let was = false; plan.submitsAt(0, 0) === 0;) {
      plan.prepare();
      sizes[plan.isRead ? 'read' : 'write'].push(plan.bytes);
      if (plan.isRead !== was) turns++;
      was = plan.isRead;
      plan.take(0);
    }
    expect(sizes.read).to.deep.equal(sizes.write);
    expect(turns).to.equal(1);
  });

  it('read back a backlog while others are written', () => {
    const plan = new IoPlan(jobOf('rw=write size=64k verify=crc32c verify_backlog=4'), 1);
    let order = '';
    while (plan.submitsAt(0, 0) === 0) {
      plan.prepare();
      order += plan.isRead ? 'r' : 'w';
      plan.take(0);
    }
    expect(order).to.equal('wwwwrrrr'.repeat(4));
  });

  it('of a job that mixes, are read back where they were writes', () => {
    const { reads, writes } = counts('rw=randrw size=1m verify=crc32c');
    expect(reads).to.equal(256);
    expect(writes).to.be.within(90, 166);
  });

  it('wait for what is out before they are read back, and before the next pass', () => {
    const plan = new IoPlan(jobOf('rw=write size=4k verify=crc32c loops=2'), 1);
    for (const isRead of [false, true, false, true]) {
      expect(plan.submitsAt(5, 0)).to.equal(5);
      plan.prepare();
      expect(plan.isRead).to.equal(isRead);
      plan.take(5);
      expect(plan.submitsAt(5, 1)).to.equal(Infinity);
    }
    expect([plan.submitsAt(9, 0), plan.endedAt]).to.deep.equal([Infinity, 9]);
  });

  it('keep to a rate in bytes or in I/Os, of reads and writes apart', () => {
    expect(counts('size=1m rate_iops=1000').ns).to.be.closeTo(255e6, 1);
    expect(counts('size=1m rate=1m').ns).to.be.closeTo((255 * 1e9) / 256, 1);
    const both = counts('rw=rw size=1m rate_iops=500,250');
    expect([both.reads, both.writes]).to.deep.equal([170, 86]);
    const mix = counts('rw=randrw rwmixread=75 size=1m rate_iops=300');
    expect(mix.reads).to.be.within(127, 129);
    // As in fio 3.33, I/Os are counted in the smallest block.
    expect(counts('bs=4k,8k rw=write size=1m rate_iops=100').ns).to.be.closeTo(1.27e9, 1);
    expect(counts('bssplit=4k/50:64k/50 size=2m rate_iops=100').ns).to.be.within(4.9e9, 5.12e9);
  });

  it('pause after a number of blocks', () => {
    expect(counts('size=400k thinktime=10000').ns).to.equal(99 * 10e6);
    expect(counts('size=400k thinktime=10ms thinktime_blocks=10').ns).to.equal(9 * 10e6);
    const plan = new IoPlan(jobOf('size=400k thinktime=1s'), 1);
    plan.submitsAt(0, 0);
    plan.take(0);
    expect(plan.submitsAt(50, 1), 'the I/O is out').to.equal(Infinity);
    expect(plan.submitsAt(70, 0)).to.equal(1e9 + 70);
  });

  it('end with the runtime, in a pause too', () => {
    const { reads } = counts('size=1g runtime=1 thinktime=300ms');
    expect(reads).to.equal(4);
    const timed = counts('size=10k runtime=1 time_based rate_iops=100');
    expect(timed.reads).to.equal(100);
  });
});

describe('the I/Os of a job beside the real fio @long', function () {
  this.timeout(60_000);
  let folder = '';

  before(function () {
    if (version?.startsWith('fio-') !== true) {
      process.stderr.write('      skipped: fio is not installed (Debian: apt-get install fio)\n');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'fio-counts-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  const some = (cases: typeof COUNTED, every: number): typeof COUNTED =>
    LONG ? cases : cases.filter((_, i) => i % every === 0);
  for (const [engine, cases] of [
    ['null', some(COUNTED, 8)],
    ['psync', some(VERIFIED, 8)],
  ] as const)
    for (const [options, reads, writes] of cases)
      it(`are as many: ${options}`, () => {
        const { stdout } = spawnSync(
          'fio',
          [
            ...['--name=j', `--ioengine=${engine}`, '--bs=4k', '--output-format=json'],
            ...(engine === 'psync' ? [`--directory=${folder}`] : []),
            ...options.split(' ').map((option) => `--${option}`),
          ],
          // fio leaves what it verified in the folder that it runs in.
          { encoding: 'utf8', cwd: folder },
        );
        const { jobs } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
          jobs: { read: { total_ios: number }; write: { total_ios: number } }[];
        };
        expect([jobs[0]?.read.total_ios, jobs[0]?.write.total_ios]).to.deep.equal([reads, writes]);
      });
});
