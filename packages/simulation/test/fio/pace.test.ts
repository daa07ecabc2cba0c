// SPDX-License-Identifier: GPL-2.0-only
// Jobs that do not run as fast as they can, on a machine: rates, pauses, delays, jobs that wait for others, verify.

import { expect } from 'chai';
import { jobGroups, readJobFile } from '../../src/jobs';
import { runJobs } from '../../src/testing';
import type { RunResult } from '../../src/sim';

const COMMON = '[global]\nioengine=libaio\ndirect=1\nbs=4k\n';

/** The groups of a job file, one after the other. */
function run(text: string, policy = 'strict', cpus = 4): RunResult[] {
  const { jobs, warnings } = readJobFile('a.fio', { read: () => `${COMMON}${text}` });
  expect(warnings).to.deep.equal([]);
  return jobGroups(jobs).map((group) => {
    const result = runJobs(policy, group, { cpus });
    expect(result.leaks).to.deep.equal([]);
    expect(result.data).to.include({ pages_wrong: 0, faults: 0 });
    return result;
  });
}

function one(text: string, policy = 'strict', cpus = 4): RunResult {
  const [only, ...more] = run(text, policy, cpus);
  expect(more).to.deep.equal([]);
  return only as RunResult;
}

describe('a job with a pace', function () {
  this.timeout(60_000);

  it('does 1,000 I/Os a second where rate_iops says so, whatever the policy', () => {
    const text = '[paced]\nrw=randread\niodepth=16\nnumber_ios=500\nrate_iops=1000\nsize=1g\n';
    for (const policy of ['strict', 'pool', 'lazy', 'swiotlb-force']) {
      const { iops, ios } = one(text, policy);
      expect(ios).to.equal(500);
      expect(iops, policy).to.be.within(1000, 1003);
    }
  });

  it('moves as many bytes a second as rate says, on one CPU beside others too', () => {
    const two =
      '[a]\nrw=read\niodepth=8\nsize=1m\nrate=4m\n[b]\nrw=write\niodepth=8\nsize=512k\nrate=2m\n';
    for (const cpus of [1, 2])
      expect(one(two, 'pool', cpus).bandwidth_bytes_per_s).to.be.within(6 * 2 ** 20, 6.1 * 2 ** 20);
  });

  it('is slower than its rate where it cannot be faster', () => {
    const free = one('[a]\nrw=read\niodepth=16\nsize=4m\n');
    const paced = one('[a]\nrw=read\niodepth=16\nsize=4m\nrate_iops=10000000\n');
    expect(paced.iops).to.be.closeTo(free.iops, 0.02 * free.iops);
  });

  it('sleeps between its blocks; the machine’s timers run meanwhile', () => {
    const text = '[a]\nrw=read\nsize=40k\nthinktime=100ms\n';
    const strict = one(text);
    expect(strict.elapsed_ns).to.be.within(0.9e9, 0.902e9);
    // The timer of 10 ms flushes in the pause, and not when it is over.
    const lazy = one(text, 'lazy');
    expect(lazy.stale_max_ns).to.be.within(1e6, 24e6);
    const evicted = one('[a]\nrw=read\nsize=8k\nthinktime=12s\n', 'pool');
    expect(evicted.unmap_requests).to.equal(1);
    expect(evicted.stale_contents_max_ns).to.be.within(5.12e9, 10.376e9);
  });

  it('starts when its delay is over, and a run with its first job', () => {
    const both = one('[a]\nrw=read\nsize=4k\n[b]\nrw=read\nsize=4k\nstartdelay=2\n');
    expect(both.elapsed_ns).to.be.within(2e9, 2.001e9);
    expect(one('[b]\nrw=read\nsize=4k\nstartdelay=2\n').elapsed_ns).to.be.below(1e6);
    const later = one(
      '[a]\nrw=read\nsize=4k\n[b]\nrw=read\nruntime=10ms\nsize=1g\nstartdelay=50ms\n',
    );
    expect(later.elapsed_ns).to.be.within(60e6, 61e6);
  });

  it('waits for another: as with a stonewall, or beside a third', () => {
    const waiting = run('[first]\nrw=write\nsize=1m\n[second]\nwait_for=first\nrw=read\nsize=1m\n');
    const walled = run('[first]\nrw=write\nsize=1m\n[second]\nstonewall\nrw=read\nsize=1m\n');
    expect(waiting).to.deep.equal(walled);
    for (const cpus of [1, 2, 4]) {
      const beside = one(
        '[first]\nrw=write\nsize=1m\n[third]\nrw=read\nsize=4k\n[second]\nwait_for=first\nrw=read\nsize=1m\n',
        'strict',
        cpus,
      );
      const sum = walled.reduce((ns, { elapsed_ns }) => ns + elapsed_ns, 0);
      expect(beside.elapsed_ns, `${String(cpus)} CPUs`).to.be.within(0.98 * sum, 1.1 * sum);
    }
    const clones = one(
      '[a]\nnumjobs=3\nruntime=5ms\nsize=1g\n[c]\nsize=4k\n[b]\nwait_for=a\nsize=4k\n',
    );
    expect(clones.elapsed_ns).to.be.within(5e6, 5.6e6);
  });

  it('reads back what it wrote', () => {
    const { ios, bytes, data } = one('[j]\nrw=write\nsize=1m\nverify=crc32c\niodepth=8\n');
    expect([ios, bytes]).to.deep.equal([512, 2 * 2 ** 20]);
    expect(data?.pages_checked).to.equal(512);
  });

  it('does no block that does not fit', () => {
    const odd = one('[j]\nrw=read\nsize=10k\n');
    expect([odd.ios, odd.bytes]).to.deep.equal([2, 8192]);
    expect(one('[j]\nrw=read\nfilesize=1m\n').ios).to.equal(256);
  });
});
