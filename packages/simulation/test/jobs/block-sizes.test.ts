// SPDX-License-Identifier: GPL-2.0-only
// bssplit and bsrange: the shares that fio's drawing gives.

import { expect } from 'chai';
import { read, QUIET } from './read';
import { job } from './read';

/** Shares of reads and of writes, in percent. */
function shares(options: string): { read: number[][]; write: number[][] } {
  const { bs } = job(options);
  const list = (sizes: typeof bs.read): number[][] =>
    sizes.map(({ bytes, weight }) => [bytes, Math.round(weight * 1e6) / 1e4]);
  return { read: list(bs.read), write: list(bs.write) };
}

describe('bssplit', () => {
  it('divides what is missing evenly among the blanks', () => {
    expect(shares('bssplit=4k/10:64k/50:32k/40').read).to.deep.equal([
      [4096, 10],
      [32768, 40],
      [65536, 50],
    ]);
    expect(shares('bssplit=4k/50:64k/:32k').read).to.deep.equal([
      [65536, 25],
      [32768, 25],
      [4096, 50],
    ]);
  });

  it('has halves for reads and writes, an empty one of which leaves bs as it is', () => {
    expect(shares('bs=16k\nbssplit=2k/50:4k/50,4k/90:8k/10')).to.deep.equal({
      read: [
        [2048, 50],
        [4096, 50],
      ],
      write: [
        [8192, 10],
        [4096, 90],
      ],
    });
    expect(shares('bs=16k\nbssplit=,4k/90:8k/10').read).to.deep.equal([[16384, 100]]);
    expect(shares('bs=16k\nbssplit=4k/90:8k/10,').write).to.deep.equal([[16384, 100]]);
  });

  it('gives what is lost in dividing, and what is not given at all, to the largest share', () => {
    expect(shares('bssplit=4k:8k:16k').read).to.deep.equal([
      [4096, 33],
      [8192, 33],
      [16384, 34],
    ]);
    const { jobs, warnings } = read(`[j]\n${QUIET}bssplit=4k/20:8k/30\n`);
    expect(jobs[0]?.bs.read.map(({ weight }) => weight)).to.deep.equal([0.2, 0.8]);
    expect(warnings).to.deep.equal([
      'a.fio:5: bssplit=4k/20:8k/30: the percentages sum to 50; as in fio, the largest takes the other 50',
    ]);
  });

  it('drops an entry that nothing is left for, and takes a single one whole', () => {
    expect(shares('bssplit=4k/100:8k').read).to.deep.equal([[4096, 100]]);
    expect(shares('bssplit=8k').read).to.deep.equal([[8192, 100]]);
    expect(shares('bssplit=8k/30').read).to.deep.equal([[8192, 100]]);
    expect(shares('bssplit=4k/50:8k/50:').read).to.have.length(2);
  });

  it('rounds sizes down to a multiple of the smallest', () => {
    expect(shares('bssplit=4k/50:6k/50').read).to.deep.equal([
      [4096, 50],
      [4096, 50],
    ]);
  });
});

describe('bsrange', () => {
  it('has all multiples of the smaller number, equally likely', () => {
    expect(shares('bsrange=4k-16k').read).to.deep.equal([
      [4096, 25],
      [8192, 25],
      [12288, 25],
      [16384, 25],
    ]);
    expect(shares('bsrange=16k:8k').read).to.deep.equal([
      [8192, 50],
      [16384, 50],
    ]);
  });

  it('gives the rest to a larger number that is no multiple', () => {
    expect(shares('bsrange=4k-10k').read).to.deep.equal([
      [4096, 40],
      [8192, 40],
      [10240, 20],
    ]);
  });

  it('has halves for reads and writes', () => {
    const { read, write } = shares('bsrange=1k-2k,4k-8k');
    expect([read.length, write.length]).to.deep.equal([2, 2]);
  });
});
