// SPDX-License-Identifier: GPL-2.0-only
// Which policy wins: among those that protect, by how much, and who is faster without protecting.

import { expect } from 'chai';
import { type Contestant, OF_IO, answerText, winnerOf } from '../../src/tables/answer';

function one(policy: string, rate: number, cpuNs: number, reach: Contestant['reach'] = 'mapped') {
  return { policy, rate, cpuNs, reach };
}

const STRICT = one('strict', 100, 50);

describe('the answer of an experiment', () => {
  it('is the fastest policy that protects, beside strict', () => {
    const found = winnerOf({
      label: '4k',
      contestants: [STRICT, one('pool', 300, 20), one('none', 330, 10, 'all')],
    });
    expect(found).to.deep.include({ fastest: ['pool'], cheapest: ['pool'], cpuNs: 20 });
    expect(found?.against).to.deep.equal({ policy: 'strict', ratio: 3, cpu: 0.4 });
    expect(found?.unprotected.map(({ policy }) => policy)).to.deep.equal(['none']);
    expect(found?.unprotected[0]?.by).to.be.closeTo(0.1, 1e-9);
  });

  it('names policies together that are alike', () => {
    const found = winnerOf({ label: '4k', contestants: [STRICT, one('pool', 100.9, 20)] });
    expect(found?.fastest).to.deep.equal(['strict', 'pool']);
    expect(found?.against).to.equal(null);
  });

  it('is a sentence with the range of all jobs, and what is faster without protecting', () => {
    const rounds = [
      { label: '4k', contestants: [STRICT, one('pool', 300, 20), one('lazy', 330, 30, 'window')] },
      { label: '64k', contestants: [STRICT, one('pool', 450, 20), one('lazy', 200, 30, 'window')] },
    ];
    expect(answerText(rounds, OF_IO)).to.equal(
      'pool has the highest throughput everywhere: 3.00 to 4.50 times that of strict, at 40 % of its CPU time per I/O. It takes the least CPU time per I/O, too. ' +
        'Faster, but protecting less: lazy by up to 10 %.',
    );
  });

  it('says by jobs who wins where that differs', () => {
    const rounds = [
      { label: '4k', contestants: [STRICT, one('pool', 300, 20)] },
      { label: '64k', contestants: [STRICT, one('pool', 50, 90)] },
      { label: '1m', contestants: [STRICT, one('pool', 100, 90)] },
    ];
    expect(answerText(rounds, OF_IO)).to.equal(
      'Highest throughput: pool (4k: 3.00 times strict); strict (64k); strict and pool (1m). ' +
        'Least CPU time per I/O: pool (4k); strict (64k, 1m).',
    );
  });

  it('names the cheaper one where the drive is the limit', () => {
    const rounds = [{ label: '4k', contestants: [STRICT, one('pool', 100, 20)] }];
    expect(answerText(rounds, OF_IO)).to.equal(
      'strict and pool have the same throughput. Least CPU time per I/O: pool.',
    );
  });

  it('does not rank a policy that protects less', () => {
    const rounds = [
      { label: '4k', contestants: [STRICT, one('lazy', 100, 35, 'window'), one('pool', 100, 55)] },
    ];
    expect(answerText(rounds, OF_IO)).to.equal(
      'strict and pool have the same throughput. Least CPU time per I/O: strict.',
    );
  });

  it('has figures where there is one policy alone', () => {
    const alone = (rate: number) => ({ label: '4k', contestants: [one('strict', rate, 5000)] });
    expect(answerText([alone(1e8), alone(2e8)], OF_IO)).to.equal(
      'Only strict was run, so there is nothing to compare it with: a throughput of 100 to 200 MB/s, and 5.00 µs of CPU time per I/O.',
    );
  });

  it('admits that no policy protects', () => {
    const open = [one('none', 1, 1, 'all'), one('lazy', 2, 2, 'window')];
    expect(answerText([{ label: '4k', contestants: open }], OF_IO)).to.equal(
      'No policy that was run protects: under each of them the device reaches more than what is mapped. ' +
        'lazy has the highest throughput: 2.00 times that of none, at 200 % of its CPU time per I/O. Least CPU time per I/O: none.',
    );
  });
});
