// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { type DeltaPair, alignDelta } from '../../src/site/align-delta';
import { folded, withGaps } from '../../src/site/fold';
import type { DeltaRow } from '../../src/tree/c-file';

/** Unchanged, after `news` lines that were added. */
const context = (n: number, text = `step_${String(n)}();`, news = 0): DeltaRow => ({
  kind: 'context',
  text,
  before: n - news,
  after: n,
});
const added = (n: number): DeltaRow => ({ kind: 'added', text: 'news();', before: null, after: n });
const lines = (from: number, to: number, news = 0): DeltaRow[] =>
  Array.from({ length: to - from + 1 }, (_, i) => context(from + i, undefined, news));

/** `3|4` for line 3 of the C beside line 4 of the TypeScript; `...` where a side has lines that are left out. */
function shown(pairs: readonly DeltaPair[]): string[] {
  return pairs.map(({ c, ts, left }) =>
    (['c', 'ts'] as const)
      .map((side) => {
        const row = side === 'c' ? c : ts;
        return left?.includes(side) === true ? '...' : String(row?.after ?? '');
      })
      .join('|'),
  );
}

describe('what the page of a patch leaves out', () => {
  it('is left out on both sides in the same row', () => {
    const c = [...lines(1, 10), added(11), ...lines(12, 20, 1)];
    const ts = [...lines(1, 10), added(11), ...lines(12, 20, 1)];
    const pairs = folded(alignDelta(c, ts));
    expect(shown(pairs)).to.deep.equal([
      '...|...',
      '8|8',
      '9|9',
      '10|10',
      '11|11',
      '12|12',
      '13|13',
      '14|14',
      '...|...',
    ]);
  });

  it('is said where the C jumps from one hunk to the next, beside what the TypeScript leaves out', () => {
    const c = [...lines(1, 2), added(3), ...lines(4, 5, 1), ...lines(50, 51, 1), added(52)];
    const ts = [...lines(1, 2), added(3), ...lines(4, 51, 1), added(52)];
    const text = shown(folded(alignDelta(c, ts)));
    expect(text).to.include('...|...');
    expect(text.filter((row) => row.includes('...'))).to.have.length(1);
    expect(text).to.include('50|50').and.to.include('5|5');
  });

  it('is said where the C jumps and stands alone', () => {
    const alone = [context(1), added(2), context(9)].map((c) => ({ c, ts: null, matched: false }));
    expect(shown(withGaps(alone))).to.deep.equal(['1|', '2|', '...|', '9|']);
  });

  it('keeps three unchanged lines of each side around a change', () => {
    const c = [added(1), ...lines(2, 9)];
    const ts = lines(2, 9).map((row) => ({ ...row, text: `ours_${String(row.after)}` }));
    const pairs = folded([
      { c: added(1), ts: null, matched: false },
      ...ts.map((row) => ({ c: null, ts: row, matched: false })),
      ...c.slice(1).map((row) => ({ c: row, ts: null, matched: false })),
    ]);
    expect(shown(pairs)).to.deep.equal(['1|', '|2', '|3', '|4', '|...', '2|', '3|', '4|', '...|']);
  });

  it('puts counterparts beside each other even where other lines share more words', () => {
    const [same, other] = [context(5, 'ret = one(two);'), context(6, 'ret = one(two);')];
    const pairs = alignDelta([same], [other, context(7, 'x();')], (_, ts) => ts.after === 7);
    expect(shown(pairs)).to.deep.equal(['|6', '5|7']);
  });
});
