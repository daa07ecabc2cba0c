// SPDX-License-Identifier: GPL-2.0-only
// The verb fio: its tables, its JSON against the schema, and what it refuses.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FioDocument, COVER_LETTER, PUBLISHED_MAP_REDUCTION } from '@iommu-bounce/simulation';
import { cli, fixtures, withFolder } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';
/** Each of the 64 buffers twice or more. */
const IOS = LONG ? 400 : 150;
const FEW = ['--number-ios', String(IOS)];

async function document(...args: readonly string[]): Promise<FioDocument> {
  const { status, out, err } = await cli('fio', ...args, '--json');
  expect(err).to.equal('');
  expect(status).to.equal(0);
  return JSON.parse(out) as FioDocument;
}

describe('iommu-bounce fio', function () {
  this.timeout(60_000);

  it("runs the cover letter's sizes and says what is published @long", async () => {
    const { runs, comparison } = await document(...FEW);
    expect(runs.map(({ policy, bs }) => [policy, bs])).to.deep.equal(
      [4096, 16384, 65536, 131072].flatMap((bs) => [
        ['strict', bs],
        ['pool', bs],
      ]),
    );
    expect(runs.every((run) => run.ios === IOS && run.iodepth === 64)).to.equal(true);
    expect(comparison.map((row) => row.bs)).to.deep.equal([4096, 16384, 65536, 131072]);
    expect(comparison.map((row) => row.speedup_published)).to.deep.equal([2.8, 4.7, 3.6, 3.6]);
    for (const row of comparison) {
      const [strict, pool] = ['strict', 'pool'].map((name) =>
        runs.find(({ policy, bs }) => policy === name && bs === row.bs),
      );
      expect(row.speedup).to.be.closeTo((pool?.iops ?? 0) / (strict?.iops ?? 1), 1e-9);
      expect(row.unmap_reduction).to.be.closeTo(
        1 - (pool?.unmap_ns_per_gb ?? 0) / (strict?.unmap_ns_per_gb ?? 1),
        1e-9,
      );
    }
  });

  it('prints the JSON that its schema describes for policies and fixes @long', async () => {
    const { runs, comparison } = await document(
      ...['--policy', LONG ? 'all' : 'none,strict,lazy,lazy-large,pool', '--fix', 'copy-in'],
      ...['--bs', '4k', '--numjobs', '2', ...FEW],
    );
    expect(runs.map(({ policy }) => policy)).to.include.members([
      'none',
      'lazy-large',
      'pool+fixes',
    ]);
    expect(runs.find(({ policy }) => policy === 'pool+fixes')?.fixes).to.deep.equal(['copy-in']);
    expect(runs.find(({ policy }) => policy === 'lazy')?.what_if).to.include('v6.8');
    // Two jobs are not the cover letter's experiment.
    expect(comparison).to.have.length(1);
    expect(comparison[0]?.speedup_published).to.equal(null);
  });

  it('puts all policies on one base, whose figures are not the cover letter’s @long', async () => {
    const flags = ['--policy', 'strict,pool', '--bs', '16k', ...FEW];
    const [before, after] = [await document(...flags), await document(...flags, '--base', '6.8')];
    expect(before.comparison[0]?.speedup_published).to.equal(4.7);
    expect(after.comparison[0]?.speedup_published).to.equal(null);
    for (const { policy, what_if } of after.runs) expect(what_if, policy).to.include('v6.7');
    // One exit for the requests of a map, not one each.
    const [was, is] = [before, after].map(({ runs }) => runs[0]?.cpu_ns_per_io.by_cause.vmexit);
    expect(is).to.be.below(was ?? 0);
    const { status, err } = await cli('fio', '--policy', 'lazy', '--base', '5.13', ...FEW);
    expect(status).to.equal(2);
    expect(err).to.match(/--base: lazy does not run on 5\.13/);
  });

  it('takes a mix of sizes as one job, and other flags over the cover letter’s sizes @long', async () => {
    const mix = await document('--bssplit', '4k/50:64k/50', '--policy', 'pool', ...FEW);
    expect(mix.runs.map(({ bs, iodepth }) => [bs, iodepth])).to.deep.equal([[34816, 64]]);
    const writes = await document('--rw', 'write', '--iodepth', '8', '--policy', 'pool', ...FEW);
    expect(writes.runs.map(({ bs, rw, iodepth }) => [bs, rw, iodepth])).to.deep.equal(
      [4096, 16384, 65536, 131072].map((bs) => [bs, 'write', 8]),
    );
    expect(writes.comparison).to.deep.equal([]);
  });

  it('prints the same bytes for the same seed @long-only', async () => {
    const once = async (seed: string): Promise<string> =>
      (await cli('fio', '--bs', '64k', '--rw', 'randrw', '--seed', seed, ...FEW, '--json')).out;
    const three = await once('3');
    expect(await once('3')).to.equal(three);
    expect(three).not.to.equal(await once('4'));
  });

  it('holds no machine but the cover letter’s against its figures @long', async () => {
    const { comparison } = await document('--preset', 'bare-metal-vtd', '--bs', '4k', ...FEW);
    expect(comparison[0]?.speedup_published).to.equal(null);
  });

  it('takes costs by option, and they count @long', async () => {
    const slow = await document('--bs', '4k', '--set', 'vmexitNs=20000', ...FEW);
    const fast = await document('--bs', '4k', '--set', 'vmexitNs=700', ...FEW);
    expect(slow.cost.vmexitNs).to.equal(20000);
    expect(slow.runs[0]?.iops).to.be.below(0.8 * (fast.runs[0]?.iops ?? 0));
  });

  it('runs a job file, groups one after the other', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'two.fio');
      writeFileSync(
        file,
        '[global]\nioengine=libaio\ndirect=1\nnumber_ios=300\niodepth=8\n' +
          '[a]\nrw=read\nbs=4k\n[b]\nrw=write\nbs=16k\n[c]\nstonewall\nrw=randread\nbs=8k\n',
      );
      const { runs } = await document(file, '--policy', 'pool');
      expect(runs.map(({ jobs, rw, ios }) => [jobs, rw, ios])).to.deep.equal([
        [['a', 'b'], 'read,write', 600],
        [['c'], 'randread', 300],
      ]);
    });
  });

  it('takes flags beside a job file: for each job, over what the file says', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'raw-device.fio');
      writeFileSync(
        file,
        '[j]\nioengine=libaio\ndirect=1\nrw=randread\nbs=4k\nfilename=/dev/nvme0n1\n',
      );
      const end = await document(file, '--policy', 'pool', '--number-ios', '200');
      expect(end.runs.map(({ rw, bs, ios }) => [rw, bs, ios])).to.deep.equal([
        ['randread', 4096, 200],
      ]);
      const over = await document(
        ...[file, '--policy', 'pool', '--size', '1m', '--bs', '16k', '--rw', 'write'],
        ...['--iodepth', '4', '--numjobs', '2'],
      );
      expect(over.runs[0]).to.include({ rw: 'write', bs: 16384, ios: 128, iodepth: 4, numjobs: 2 });
    });
  });

  it('splits blocks of up to 4 MiB, at limits that can be set', async () => {
    const flags = ['--bs', '1m', '--iodepth', '8', '--number-ios', '50', '--layout', 'contiguous'];
    const usual = await document(...flags, '--policy', 'strict,swiotlb-force');
    expect(usual.runs.map((run) => [run.bs, run.ios, run.requests_per_io])).to.deep.equal([
      [2 ** 20, 50, 2],
      [2 ** 20, 50, 4],
    ]);
    const large = await document(...flags, '--policy', 'strict', '--set', 'nvmeMdtsKb=4096');
    expect(large.runs[0]?.requests_per_io).to.equal(1);
    expect(large.request_limits).to.deep.include({ nvmeMdtsKb: 4096, maxSectorsKb: 1280 });
  });

  it('says in the JSON what it ignores, and refuses it with --strict', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'odd.fio');
      writeFileSync(file, '[j]\ndirect=1\nioengine=psync\niodepth=8\nbs=4k\nsize=64k\nhipri\n');
      const { out, err, status } = await cli('fio', file, '--policy', 'pool', '--json');
      const { warnings, runs } = JSON.parse(out) as FioDocument;
      expect(status).to.equal(0);
      expect(warnings.map((text) => text.slice(file.length))).to.deep.equal([
        ':7: hipri: not an option that is simulated; ignored',
        ':4: iodepth=8: ignored, as fio does: psync has one I/O out at a time',
      ]);
      expect(err).to.equal(warnings.map((text) => `warning: ${text}\n`).join(''));
      expect(runs[0]).to.include({ iodepth: 1, ios: 16 });
      const strict = await cli('fio', file, '--strict', '--json');
      expect([strict.status, strict.out]).to.deep.equal([2, '']);
      expect(strict.err).to.match(
        /^iommu-bounce: --strict: [^\n]*:7: hipri: [^\n]*; [^\n]*:4: iodepth=8: [^\n]*\n$/,
      );
      writeFileSync(file, '[j]\ndirect=1\nioengine=psync\nbs=4k\nsize=64k\n');
      expect((await document(file, '--strict', '--policy', 'pool')).warnings).to.deep.equal([]);
    });
  });

  it('prints tables of at most 100 columns that say they are simulated @long', async () => {
    const { out, status } = await cli(
      'fio',
      '--policy',
      LONG ? 'all' : 'strict,lazy,swiotlb-untrusted,pool',
      '--bs',
      '4k',
      ...FEW,
    );
    expect(status).to.equal(0);
    expect(out).to.match(/Simulated: [^]*\n\nSimulated, not measured/);
    for (const line of out.split('\n')) expect(Array.from(line).length, line).to.be.at.most(100);
    for (const word of ['2.8 │', '-97 │', '> 99 %', 'swiotlb-untrusted', 'what-if'])
      expect(out).to.include(word);
  });

  for (const [args, says] of [
    [['--policy', 'strictest'], /--policy: policy 'strictest' is unknown, expected none, strict, /],
    [['--policy', 'strict,pool,strict'], /--policy: expected different policies, got strict twice/],
    [['--fix', 'everything'], /--fix: fix 'everything' is unknown, expected copy-in, /],
    [['--cpus', '0'], /--cpus: expected a whole number from 1 to 64, got '0'/],
    [['--seed', '-1'], /--seed: expected a whole number/],
    [['--layout', 'neat'], /--layout: expected .*, got 'neat'/],
    [
      ['--preset', 'mainframe'],
      /--preset: preset 'mainframe' is unknown, expected laptop-virtio, /,
    ],
    [['--set', 'vmexitNs=-5'], /vmexitNs/],
    [['--size', '-4k'], /--size/],
    [['--bs', '0'], /--bs/],
    [['no-such.fio'], /no-such\.fio: no such file/],
    [['no-such.fio', '--bs', '4k'], /no-such\.fio: no such file/],
    [
      ['no-such.fio', '--bs', '4k', '--bs', '8k'],
      /--bs: expected one beside a job file, got 4k and/,
    ],
    [['no-such.fio', '--name', 'x'], /--name: the jobs of no-such\.fio have names of their own/],
    [['--policy', 'swiotlb-untrusted', '--bs', '307712'], /whole pages of 4096 bytes above 262144/],
    [['--bs', '5m'], /--bs 5m: a block of 5242880 bytes; expected at most 4194304/],
    [
      ['--set', 'maxSectorsKb=3'],
      /--set: maxSectorsKb: expected a multiple of 4 from 4 to 4096 KiB/,
    ],
  ] as const)
    it(`refuses \`${args.join(' ')}\` with one line and status 2`, async () => {
      const { status, out, err } = await cli('fio', ...args, '--json');
      expect(err).to.match(/^iommu-bounce: [^\n]+\n$/);
      expect(err).to.match(says);
      expect([status, out]).to.deep.equal([2, '']);
    });
});

describe('a job that a rate wakes', function () {
  this.timeout(60_000);

  // 1 MiB at 200 MiB/s: every fourth I/O begins at the very time of a tick of the machine (250 Hz).
  for (const preset of ['bare-metal-vtd', 'bare-metal-smmuv3', 'laptop-virtio'])
    it(`keeps the order of all steps on ${preset}`, async () => {
      const { status, out } = await cli(
        ...['fio', '--bs', '1m', '--number-ios', '32', '--rate', '200m', '--iodepth', '4'],
        ...['--preset', preset],
      );
      expect(out).not.to.include('WRONG');
      expect(status).to.equal(0);
    });
});

describe('the published figures', () => {
  it('are those of the cover letter', () => {
    const published = JSON.parse(readFileSync(join(fixtures, 'cover-letter.json'), 'utf8')) as {
      rows: {
        bs: number;
        throughput_ratio: number;
        unmap_time_per_gb_reduction: number;
        map_time_per_gb_reduction_more_than: number;
      }[];
    };
    expect(
      COVER_LETTER.map(({ bytes: bs, speedup, unmapReduction }) => ({
        bs,
        throughput_ratio: speedup,
        unmap_time_per_gb_reduction: unmapReduction,
        map_time_per_gb_reduction_more_than: PUBLISHED_MAP_REDUCTION,
      })),
    ).to.deep.equal(published.rows);
  });
});
