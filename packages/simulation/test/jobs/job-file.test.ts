// SPDX-License-Identifier: GPL-2.0-only
// Job files: what is read as fio reads it, what is warned about, what is refused and with which line.

import { expect } from 'chai';
import {
  type FioJob,
  type FlagTexts,
  PLAIN_JOB,
  bufferBytes,
  jobGroups,
  readJobFile,
  usedBlocks,
} from '../../src/jobs';
import { QUIET, read, refusal } from './read';
import { job } from './read';

const BARE = 'direct=1\nioengine=libaio\n';

const one = (bytes: number): { bytes: number; weight: number }[] => [{ bytes, weight: 1 }];

describe('readJobFile', () => {
  it("reads the cover letter's job", () => {
    const text = `; fio of the cover letter
[global]
direct=1
rw=read
ioengine=libaio
iodepth=64   # in flight
size=256m

[4k]
bs=4k
[128k]
stonewall
bs=128k
`;
    const { jobs, warnings } = read(text);
    expect(warnings).to.deep.equal([]);
    const common = {
      rw: 'read',
      rwmixread: 50,
      iodepth: 64,
      numjobs: 1,
      numberIos: null,
      size: 256 * 2 ** 20,
      runtimeNs: null,
      seed: null,
      ...PLAIN_JOB,
      pass: {
        ...{ fileBytes: 256 * 2 ** 20, files: 1, bytes: 256 * 2 ** 20 },
        ...{ count: 1, until: null, freely: false },
      },
    };
    expect(jobs).to.deep.equal([
      { ...common, name: '4k', bs: { read: one(4096), write: one(4096) }, stonewall: false },
      { ...common, name: '128k', bs: { read: one(131072), write: one(131072) }, stonewall: true },
    ]);
    expect(jobGroups(jobs).map((group) => group.map(({ name }) => name))).to.deep.equal([
      ['4k'],
      ['128k'],
    ]);
  });

  it('lets a global section apply to the jobs behind it only, and keeps what earlier ones said', () => {
    const { jobs } = read(
      `[global]\n${QUIET}iodepth=2\n[a]\n[global]\nnumjobs=3\n[b]\n[globals]\niodepth=9\n[a]\nnumjobs=4\n`,
    );
    const seen = jobs.map(({ name, iodepth, numjobs }) => [name, iodepth, numjobs]);
    expect(seen).to.deep.equal([
      ['a', 2, 1],
      ['b', 2, 3],
      ['a', 9, 4],
    ]);
  });

  it('takes comments anywhere, blank lines, CRLF, tabs, and a last line without an end', () => {
    const { jobs } = read('\r\n# c\r\n  [j]  ; c\r\n\tdirect=1\r\nioengine=libaio;c\r\nsize=8k#c');
    expect(jobs[0]).to.include({ name: 'j', size: 8192 });
  });

  it('knows aliases, and the last of equal options', () => {
    expect(job('readwrite=randrw\nblocksize=8k\nbs=16k\ntimeout=3')).to.deep.include({
      rw: 'randrw',
      bs: { read: one(16384), write: one(16384) },
      runtimeNs: 3e9,
    });
    expect(job('rw=readwrite').rw).to.equal('rw');
    expect(job('rw=randread:8').rw).to.equal('randread');
    expect(job('rw=read:-8k').rw).to.equal('read');
  });

  for (const [text, reads, writes] of [
    ['4k,8k', 4096, 8192],
    ['8k,', 8192, 4096],
    [',8k', 4096, 8192],
    ['16k', 16384, 16384],
    ['0x1000', 4096, 4096],
    ['4KB', 4096, 4096],
    ['4ki', 4096, 4096],
    ['1k,2k,4k', 1024, 2048],
    ['4k:8k', 4096, 8192],
  ] as const)
    it(`reads bs=${text} as ${String(reads)} and ${String(writes)}`, () => {
      expect(job(`bs=${text}`).bs).to.deep.equal({ read: one(reads), write: one(writes) });
    });

  it('counts with powers of 1000 where kb_base says so, wherever in its section it stands', () => {
    expect(job('io_size=2m\nkb_base=1000').size).to.equal(2e6);
    expect(job('io_size=2mib\nkb_base=1000').size).to.equal(2 * 2 ** 20);
    expect(job('io_size=2mib').size).to.equal(2e6);
  });

  for (const [text, ns] of [
    ['2', 2e9],
    ['2s', 2e9],
    ['5ms', 5e6],
    ['5MSEC', 5e6],
    ['7us', 7e3],
    ['1m', 60e9],
    ['1H', 3600e9],
    ['1d', 86400e9],
  ] as const)
    it(`reads runtime=${text} as ${String(ns)} ns`, () => {
      expect(job(`runtime=${text}`).runtimeNs).to.equal(ns);
    });

  it('ends by size, by I/Os, by time; loops multiply; a limit of 0 is none', () => {
    const bare = 'direct=1\nioengine=libaio\n';
    const ends = (options: string): unknown[] => {
      const [j] = read(`[j]\n${bare}${options}`).jobs as [FioJob];
      return [j.size, j.numberIos, j.runtimeNs];
    };
    expect(ends('size=1m\nloops=3\nnumber_ios=1k')).to.deep.equal([3 * 2 ** 20, 3072, null]);
    expect(ends('size=1m\nio_size=4m')).to.deep.equal([4 * 2 ** 20, null, null]);
    expect(ends('size=1m\nio_size=2m\nloops=3')).to.deep.equal([6 * 2 ** 20, null, null]);
    expect(ends('filesize=1m\nnrfiles=3')).to.deep.equal([3 * 2 ** 20, null, null]);
    expect(ends('size=1m\nio_size=512k\nloops=3')).to.deep.equal([1.5 * 2 ** 20, null, null]);
    expect(ends('number_ios=5\nruntime=1\ntime_based')).to.deep.equal([null, null, 1e9]);
    expect(ends('size=1m\nruntime=1\ntime_based')).to.deep.equal([null, null, 1e9]);
    expect(ends('size=0\nnumber_ios=5')).to.deep.equal([null, 5, null]);
    expect(refusal(`[j]\n${bare}size=0\n`)).to.match(/^a\.fio:1: \[j\]: nothing says when to end/);
  });

  it('keeps as many I/Os out with io_uring as with libaio, and one with a synchronous engine', () => {
    for (const [engine, depth] of [
      ['libaio', 32],
      ['io_uring', 32],
      ['psync', 1],
      ['sync', 1],
      ['pvsync', 1],
      ['pvsync2', 1],
    ] as const) {
      const { jobs, warnings } = read(`[j]\n${QUIET}ioengine=${engine}\niodepth=32\n`);
      expect(jobs[0]?.iodepth, engine).to.equal(depth);
      expect(warnings).to.deep.equal(
        depth === 32
          ? []
          : [`a.fio:6: iodepth=32: ignored, as fio does: ${engine} has one I/O out at a time`],
      );
    }
    expect(refusal(`[j]\n${QUIET}ioengine=psync\ndirect=0\n`)).to.match(/buffered I\/O/);
  });

  it('counts the later of rwmixread and rwmixwrite, a job over a global section', () => {
    expect(job('rw=rw\nrwmixwrite=30').rwmixread).to.equal(70);
    const { jobs } = read(`[global]\n${QUIET}rw=rw\nrwmixread=70\n[a]\nrwmixwrite=40\n[b]\n`);
    expect(jobs.map(({ rwmixread }) => rwmixread)).to.deep.equal([60, 70]);
    expect(job('rw=rw\nrwmixread=30\nrwmixwrite=70').rwmixread).to.equal(30);
    expect(job('rw=rw\nrwmixwrite=30\nrwmixwrite=40').rwmixread).to.equal(60);
  });

  it('expands variables of the environment and $pagesize', () => {
    expect(job('size=${SIZE}').size).to.equal(64 * 2 ** 20);
    expect(job('bs=$pagesize').bs.read).to.deep.equal(one(4096));
    expect(refusal('[j]\nsize=${NONE}\n')).to.match(/^a\.fio:2: .*expected a value/);
  });

  it('reads included files beside the one that names them, and names their lines', () => {
    const files = { 'x/g.inc': 'include h.inc\nsize=1m\n', 'x/h.inc': 'iodepth=7\n' };
    const { jobs } = read(`[j]\n${QUIET}include x/g.inc\nbs=8k\n`, files);
    expect(jobs[0]).to.deep.include({ iodepth: 7, size: 2 ** 20 });
    expect(refusal('[j]\ninclude g\n', { g: '\niodepth=0' })).to.match(/^g:2: iodepth=0: /);
    expect(refusal('[j]\ninclude g\n', { g: '[k]' })).to.match(/^g:1: \[k\]: a section in an/);
    expect(refusal('[j]\ninclude g\n', { g: 'include g' })).to.match(/^g:1: .*includes itself/);
    expect(refusal('[j]\ninclude none\n')).to.match(/^a\.fio:2: .*cannot be read/);
  });

  it('reads randseed, name and a section without a name', () => {
    expect(job('randseed=7\nname=x y')).to.include({ seed: 7, name: 'x y' });
    expect(read(`[]\n${QUIET}`).jobs[0]?.name).to.equal('');
  });

  it('names unknown options with file and line, and what may be meant', () => {
    const { warnings } = read(`[j]\n${QUIET}iodpth=4\nthinkcycles=3\ngroup_reporting\nthread\n`);
    expect(warnings).to.deep.equal([
      'a.fio:5: iodpth=4: not an option that is simulated; ignored (is iodepth meant?)',
      'a.fio:6: thinkcycles=3: not an option that is simulated; ignored',
    ]);
  });

  it('says which defaults of fio it does not take', () => {
    const { warnings } = read('[j]\nsize=1m\ntime_based=1\n');
    expect(warnings).to.have.length(3);
    expect(warnings.join()).to.match(/direct is not set.*ioengine is not set.*without a runtime/);
  });

  it('keeps to a split above a later bs, as fio does, and says so', () => {
    const { jobs, warnings } = read(`[global]\n${QUIET}bssplit=4k/50:8k/50\n[j]\nbs=64k\n`);
    expect(jobs[0]?.bs.read.map(({ bytes }) => bytes)).to.deep.equal([4096, 8192]);
    expect(warnings).to.deep.equal([
      'a.fio:7: bs=64k: without effect: fio keeps to the bssplit or bsrange above',
    ]);
  });

  for (const [options, message] of [
    ['rw=trim', /^a\.fio:5: rw=trim: trims map no data; expected read, write/],
    ['rw=READ', /^a\.fio:5: rw=READ: expected read, write/],
    ['rw= read', /^a\.fio:5: rw= read: expected/],
    ['bs=0', /a block of 0 bytes/],
    ['bs=100', /expected a multiple of 512/],
    ['bs=4kib', /4000 bytes; expected a multiple of 512, .*to fio 4kib is 4000/],
    ['bs=5m', /a block of 5242880 bytes; expected at most 4194304 \(4 MiB\)/],
    ['bs=4q', /unknown suffix 'q'/],
    ['bs= 4k', /does not see the suffix behind a blank; expected '4k'/],
    ['bs=4k-8k', /expected a whole number/],
    ['bs=4k,8k,1k,1k', /expected a value, or reads,writes/],
    ['bs=,', /expected a value, or reads,writes/],
    ['bs=0x10k', /hexadecimal number has no suffix|expected/],
    ['size=-5', /^a\.fio:5: size=-5: is negative/],
    ['size=10%', /^a\.fio:5: size=10%: a percentage of the device/],
    ['filesize=1m\nsize=101%', /^a\.fio:6: size=101%: expected at most 100%/],
    ['number_ios=5\nsize=0\nio_size=10%', /io_size=10%: a percentage of size, which is not said/],
    ['filesize=10%', /a percentage is for size and io_size/],
    ['size=1.5m', /no fractions/],
    ['size=(1+1)m', /arithmetic/],
    ['size=2z', /unknown suffix 'z'/],
    ['size=', /expected a value behind size=/],
    ['size', /expected size=value/],
    ['size=2k', /^a\.fio:5: size=2k: smaller than a block; expected at least 4096 bytes, got 2048/],
    ['size=9999999p', /too large/],
    ['runtime=10sec', /unknown suffix 'sec', which fio takes for microseconds/],
    ['runtime=99999d', /too long/],
    ['iodepth=0', /^a\.fio:5: iodepth=0: expected 1 to 65536, got 0$/],
    ['iodepth=65537', /expected 1 to 65536/],
    ['iodepth=4,8', /expected a whole number/],
    ['iodepth=65536\nbs=64k', /4294967296 bytes of buffers; expected at most 1073741824/],
    ['numjobs=0', /expected 1 to 4096/],
    ['loops=0', /expected 1 to/],
    ['direct=0', /^a\.fio:5: direct=0: buffered I\/O/],
    ['buffered=1', /buffered I\/O/],
    ['direct=2', /expected 0 or 1/],
    ['thread\ndirect', /^a\.fio:6: direct: expected direct=value/],
    ['ioengine=mmap', /^a\.fio:5: ioengine=mmap: this engine maps the page cache.*expected libaio/],
    ['ioengine=warp', /this engine is not one that is simulated; expected libaio, io_uring/],
    ['rwmixread=101', /expected 0 to 100/],
    ['rwmixread=70\nrwmixwrite=40', /^a\.fio:6: .*expected the two to sum to 100, got 110/],
    ['rwmixwrite=40\nrwmixread=70', /expected the two to sum to 100, got 110/],
    ['bsrange=4k', /expected a range such as/],
    ['bsrange=4k-8k\nbssplit=4k/50:8k', /^a\.fio:5: .*contradicts bssplit/],
    ['bssplit=,4k\nbsrange=,4k-8k', /^a\.fio:6: .*contradicts bssplit/],
    ['bssplit=4k/60:8k/60', /sum to 120/],
    ['bssplit=4k/101', /at most 100 percent/],
    ['bssplit=4k/x', /expected size\/percent, got '4k\/x'/],
    ['bssplit=4k/10::8k', /expected/],
    ['kb_base=1001', /expected 1024 or 1000/],
    ['size=$mb_memory', /fio's word for the machine/],
    ['filesize=4k-8k', /a range of file sizes is not simulated; expected one size/],
    [
      'size=20k\nnrfiles=6',
      /^a\.fio:5: size=20k: smaller than a block; expected at least 4096 bytes, got 3413/,
    ],
    ['nrfiles=0', /expected 1 or more files/],
    ['rate=1m,2m,3m,4m', /expected a value, or reads,writes/],
    ['rate=fast', /expected a whole number/],
    ['thinktime=10min', /unknown suffix 'min'.*expected a whole number of microseconds/],
    ['startdelay=5-1', /expected a time, or a range such as 1-5/],
    ['verify=crc99', /^a\.fio:5: verify=crc99: expected 0, md5, /],
    ['wait_for=j', /a job cannot wait for itself/],
    ['wait_for=k', /no job before this one has that name/],
    ['name=', /expected a value behind name=/],
  ] as const)
    it(`refuses ${options.replace('\n', ', ')}`, () => {
      expect(refusal(`[j]\n${QUIET}${options}\n`)).to.match(message);
    });

  for (const [text, message] of [
    ['bs=4k\n[j]', /^a\.fio:1: bs=4k: an option outside of a section/],
    ['[j', /^a\.fio:1: \[j: expected \[name\]/],
    ['[j] x', /expected \[name\] and nothing behind it/],
    ['', /^a\.fio: has no job/],
    ['[global]\nsize=1m', /^a\.fio: has no job/],
    ['\0', /^a\.fio: is binary/],
    [`[j]\nsize=${'1'.repeat(9000)}`, /^a\.fio:2: .*more than 8192 characters/],
    ['[j]\nsize=\x1b[31m1', /^a\.fio:2: size=\\x1b/],
    ['[j]\ninclude\n', /expected include FILE/],
  ] as const)
    it(`refuses the text ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(refusal(text)).to.match(message);
    });
});

describe('jobs that wait for others', () => {
  const groups = (text: string): string[][] =>
    jobGroups(read(`[global]\n${QUIET}${text}`).jobs).map((jobs) => jobs.map(({ name }) => name));

  it('are a group of their own where all behind wait for all before, as with a stonewall', () => {
    expect(groups('[a]\n[b]\nwait_for=a\n')).to.deep.equal([['a'], ['b']]);
    expect(groups('[a]\n[b]\nwait_for=a\n[c]\nwait_for=b\n')).to.deep.equal([['a'], ['b'], ['c']]);
    expect(groups('[a]\n[b]\nwait_for=a\n[c]\nwait_for=a\n')).to.deep.equal([['a'], ['b', 'c']]);
  });

  it('stay beside those that they do not wait for', () => {
    expect(groups('[a]\n[b]\n[c]\nwait_for=a\n')).to.deep.equal([['a', 'b', 'c']]);
    expect(groups('[a]\n[b]\nwait_for=a\n[c]\n')).to.deep.equal([['a', 'b', 'c']]);
    expect(groups('[a]\n[b]\nstonewall\n[c]\nwait_for=a\n')).to.deep.equal([['a'], ['b', 'c']]);
  });

  it('wait for one section', () => {
    expect(refusal(`[global]\n${QUIET}[a]\n[a]\n[b]\nwait_for=a\n`)).to.match(
      /^a\.fio:8: wait_for=a: 2 sections have that name; expected one/,
    );
  });
});

describe('flags beside a job file', () => {
  const both = (options: string, flags: FlagTexts): readonly FioJob[] =>
    readJobFile('a.fio', { read: () => `[global]\n${BARE}${options}[a]\n[b]\nbs=8k\n` }, flags)
      .jobs;

  it('give a whole device an end', () => {
    const raw = `[j]\n${BARE}rw=randread\nfilename=/dev/nvme0n1\n`;
    expect(refusal(raw)).to.match(/nothing says when to end/);
    const [job] = readJobFile(
      'a.fio',
      { read: () => raw },
      { numberIos: '500', iodepth: '8' },
    ).jobs;
    expect(job).to.deep.include({ name: 'j', rw: 'randread', numberIos: 500, iodepth: 8 });
  });

  it('replace what the file says, a job as well as a global section', () => {
    const jobs = both('size=1g\nbssplit=4k/50:64k/50\nrwmixwrite=30\nrw=rw\n', {
      ...{ bs: '16k', rwmixread: '90', size: '1m' },
    });
    for (const job of jobs)
      expect(job).to.deep.include({
        ...{ size: 2 ** 20, rwmixread: 90, bs: { read: one(16384), write: one(16384) } },
      });
  });

  it('that say how much end a job that the file ends by time only', () => {
    const jobs = both('size=1g\nruntime=60\ntime_based\n', { numberIos: '10' });
    expect(jobs.map(({ numberIos, runtimeNs }) => [numberIos, runtimeNs])).to.deep.equal([
      [10, 60e9],
      [10, 60e9],
    ]);
    expect(both('size=1g\nio_size=2g\n', { size: '1m' })[0]?.size).to.equal(2 ** 20);
  });

  it('are refused by their own name', () => {
    expect(() => both('size=1m\n', { iodepth: '0' })).to.throw(/^--iodepth 0: expected 1 to/);
    expect(() => both('size=1m\n', { size: '2k' })).to.throw(/^--size 2k: smaller than a block/);
  });
});

describe('what can be asked of a job', () => {
  it('tells the largest buffer and the sizes that are used', () => {
    const reads = job('rw=read\nbs=4k,64k');
    expect(bufferBytes(reads)).to.equal(65536);
    expect(usedBlocks(reads)).to.deep.equal(one(4096));
    expect(usedBlocks(job('rw=rw\nrwmixread=0\nbs=4k,64k'))).to.deep.equal(one(65536));
    expect(usedBlocks(job('rw=randrw\nbs=4k,64k'))).to.have.length(2);
  });
});
