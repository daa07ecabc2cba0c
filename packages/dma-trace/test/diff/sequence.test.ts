// SPDX-License-Identifier: GPL-2.0-only
// The aligner of sequences against an oracle, and against edits that are known.

import { expect } from 'chai';
import { SequenceAligner } from '@iommu-bounce/dma-trace';
import { random } from '@iommu-bounce/linux-shim/testing';

const LONG = process.env['TEST_LONG'] === '1';

type Pair = readonly [i: number, j: number];

function pairsOf(a: readonly number[], b: readonly number[], mostEdits?: number): Pair[] {
  const pairs: Pair[] = [];
  new SequenceAligner(mostEdits).align(a, b, (i, j) => pairs.push([i, j]));
  return pairs.sort(([i], [j]) => i - j);
}

/** Elements that are equal, in order, each once. */
function expectSound(a: readonly number[], b: readonly number[], pairs: readonly Pair[]): void {
  let [lastA, lastB] = [-1, -1];
  for (const [i, j] of pairs) {
    expect(a[i]).to.equal(b[j]);
    expect(i).to.be.above(lastA);
    expect(j).to.be.above(lastB);
    [lastA, lastB] = [i, j];
  }
}

/** Length of the longest common subsequence: the textbook's table. */
function longest(a: readonly number[], b: readonly number[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    b.forEach((y, j) => {
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    });
    row = next;
  }
  return row[b.length] ?? 0;
}

describe('SequenceAligner', () => {
  const seed = Number(process.env['DIFF_SEED'] ?? 4711);

  it('finds a longest common subsequence', () => {
    const source = random(seed);
    for (let run = 0; run < 400; run++) {
      const kinds = 1 + source.below(6);
      const make = (): number[] =>
        Array.from({ length: source.below(40) }, () => source.below(kinds));
      const [a, b] = [make(), make()];
      const pairs = pairsOf(a, b);
      expectSound(a, b, pairs);
      expect(pairs.length, `DIFF_SEED=${String(seed)} run ${String(run)}`).to.equal(longest(a, b));
    }
  });

  it('finds just the edits that were made, where each element is another one', () => {
    const source = random(seed);
    for (let run = 0; run < 30; run++) {
      const a: number[] = [];
      const b: number[] = [];
      const kept: Pair[] = [];
      for (let n = 0; n < 3000; n++) {
        const what = source.below(100);
        if (what === 0) a.push(n);
        else if (what === 1) b.push(n);
        else kept.push([a.push(n) - 1, b.push(n) - 1]);
      }
      expect(pairsOf(a, b), `DIFF_SEED=${String(seed)} run ${String(run)}`).to.deep.equal(kept);
      expect(pairsOf(b, a)).to.deep.equal(kept.map(([i, j]) => [j, i]));
    }
  });

  it('goes on behind a stretch with more edits than it follows @long-only', () => {
    const source = random(seed);
    for (let run = 0; run < (LONG ? 30 : 10); run++) {
      const make = (n: number): number[] => Array.from({ length: n }, () => source.below(4));
      const tail = Array.from({ length: 500 }, (_, i) => 1000 + i);
      const [a, b] = [
        [...make(300), ...tail],
        [...make(200), ...tail],
      ];
      const pairs = pairsOf(a, b, 8);
      expectSound(a, b, pairs);
      const found = pairs.filter(([i]) => i >= 300).length;
      expect(found, `DIFF_SEED=${String(seed)} run ${String(run)}`).to.equal(500);
      expect(pairs.length).to.be.at.most(longest(a, b));
    }
  });

  it('finds its way behind gaps that are longer than all edits of a stretch @long-only', () => {
    const source = random(seed);
    for (let run = 0; run < (LONG ? 10 : 3); run++) {
      const a = Array.from({ length: 6000 }, () => source.below(4));
      const b = [...a.slice(0, 1000), ...a.slice(2500, 4000), ...a.slice(4800)];
      const pairs = pairsOf(a, b);
      expectSound(a, b, pairs);
      const right = pairs.filter(
        ([i, j]) => (i >= 2500 && i < 4000 && i - j === 1500) || (i >= 4800 && i - j === 2300),
      );
      expect(right.length, `DIFF_SEED=${String(seed)} run ${String(run)}`).to.be.above(2400);
    }
  });

  it('takes sequences without an end in common, and empty ones', () => {
    expect(pairsOf([], [1])).to.deep.equal([]);
    expect(pairsOf([1, 1, 1], [1, 1])).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
    expect(pairsOf([1, 2], [3, 4])).to.deep.equal([]);
    const [few, many] = [
      Array.from({ length: 10 }, () => 4096),
      Array.from({ length: 20_000 }, () => 4096),
    ];
    expect(pairsOf(few, many)).to.have.length(10);
  });
});
