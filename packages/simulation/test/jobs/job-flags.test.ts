// SPDX-License-Identifier: GPL-2.0-only
// Flags: the same table as job files, the flag's name in every message.

import { expect } from 'chai';
import { type FlagTexts, JOB_FLAGS, hasJobFlags, jobFromFlags } from '../../src/jobs';
import { job as fileJob } from './read';

function refusal(texts: FlagTexts): string {
  try {
    jobFromFlags(texts);
  } catch (error) {
    expect(error).to.have.property('name', 'JobError');
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('jobFromFlags', () => {
  it('makes the job that a file with the same options makes', () => {
    const { job, warnings } = jobFromFlags({
      rw: 'randrw',
      bssplit: '4k/60:64k/40,8k',
      iodepth: '32',
      numjobs: '2',
      size: '1g',
      numberIos: '10k',
      runtime: '5ms',
      rwmixread: '70',
      other: 'passed over',
    });
    const same = fileJob(
      'rw=randrw\nbssplit=4k/60:64k/40,8k\niodepth=32\nnumjobs=2\nnumber_ios=10k\nruntime=5ms\nrwmixread=70',
    );
    expect(job).to.deep.equal({ ...same, name: 'job' });
    expect(warnings).to.deep.equal([]);
  });

  it('takes names with dashes and numbers, too', () => {
    expect(jobFromFlags({ 'number-ios': 7 }).job.numberIos).to.equal(7);
  });

  it('ends by the default where no flag says when', () => {
    expect(jobFromFlags({ bs: '8k' }, 100_000).job.numberIos).to.equal(100_000);
    expect(jobFromFlags({ bs: '8k', runtime: '1' }, 100_000).job.numberIos).to.equal(null);
  });

  for (const [texts, message] of [
    [{ rw: 'read' }, /^--size, --number-ios or --runtime: nothing says when to end; expected/],
    [{ iodepth: '0', size: '1m' }, /^--iodepth 0: expected 1 to 65536, got 0$/],
    [{ size: '-4k' }, /^--size -4k: is negative; expected a whole number/],
    [{ numberIos: 'x' }, /^--number-ios x: expected a whole number/],
    [{ size: '2k' }, /^--size 2k: smaller than a block/],
    [{ bs: '' }, /^--bs ?: expected a value/],
    [{ rw: 'sideways', size: '1m' }, /^--rw sideways: expected read, write/],
    [{ size: true }, /^--size true: expected a whole number/],
    [{ rwmixread: '10', rwmixwrite: '10', size: '1m' }, /^--rwmixwrite 10: .*sum to 100, got 20/],
  ] as const)
    it(`refuses ${JSON.stringify(texts)}`, () => {
      expect(refusal(texts)).to.match(message);
    });

  it('lists its flags, and knows whether one is there', () => {
    const names = JOB_FLAGS.map(({ flags }) => flags.split(' ')[0]);
    expect(names).to.include.members(
      '--rw --bs --iodepth --numjobs --size --number-ios --runtime --rwmixread --bssplit'.split(
        ' ',
      ),
    );
    expect(hasJobFlags({ json: true })).to.equal(false);
    expect(hasJobFlags({ json: true, numberIos: '3' })).to.equal(true);
  });
});
