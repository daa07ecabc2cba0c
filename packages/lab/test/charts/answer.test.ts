// SPDX-License-Identifier: GPL-2.0-only
// Which policy wins: among those that protect, by how much, and who is faster without protecting.

import { expect } from 'chai';
import { type Contestant, answerText, winnerOf } from '../../src/reports/charts/answer';

const MEASURES = { rate: 'throughput', unit: 'MB/s', showRate: String, per: 'I/O' };

function one(policy: string, rate: number, cpuNs: number, reach: Contestant['reach'] = 'mapped') {
  return { policy, rate, cpuNs, reach };
}

const STRICT = one('strict', 100, 50);

describe('the answer of a page', () => {
  it('is the fastest policy that protects, beside strict', () => {
    const found = winnerOf({
      label: '4k',
      contestants: [STRICT, one('pool', 300, 20), one('none', 330, 10, 'all')],
    });
    expect(found).to.deep.include({ fastest: ['pool'], cheapest: ['pool'], cpuNs: 20 });
    expect(found?.against).to.deep.equal({ policy: 'strict', ratio: 3 });
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
    expect(answerText(rounds, MEASURES)).to.equal(
      'pool wins everywhere: 3.00 x to 4.50 x the throughput of strict. It takes the least CPU time per I/O, too. ' +
        'Faster, but protecting less: lazy by up to 10 %.',
    );
  });

  it('says by jobs who wins where that differs', () => {
    const rounds = [
      { label: '4k', contestants: [STRICT, one('pool', 300, 20)] },
      { label: '64k', contestants: [STRICT, one('pool', 50, 90)] },
      { label: '1m', contestants: [STRICT, one('pool', 100, 90)] },
    ];
    expect(answerText(rounds, MEASURES)).to.equal(
      'Most throughput of the policies that protect: pool (4k); strict (64k); strict and pool (1m). ' +
        'The least CPU time per I/O: pool (4k); strict (64k, 1m).',
    );
  });

  it('names the cheaper one where the drive is the limit', () => {
    const rounds = [{ label: '4k', contestants: [STRICT, one('pool', 100, 20)] }];
    expect(answerText(rounds, MEASURES)).to.equal(
      'strict and pool have the same throughput. The least CPU time per I/O: pool.',
    );
  });

  it('admits that there is none', () => {
    expect(answerText([{ label: '4k', contestants: [STRICT] }], MEASURES)).to.match(
      /^Only strict was run/,
    );
    const open = [one('none', 1, 1, 'all'), one('lazy', 2, 2, 'window')];
    expect(answerText([{ label: '4k', contestants: open }], MEASURES)).to.match(
      /^No policy that was run protects/,
    );
  });
});
