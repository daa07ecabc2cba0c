// SPDX-License-Identifier: GPL-2.0-only
// The ranges that the VMM and VFIO keep, beside a plain list of them: those taken out leave no trace, although they stay
// in the tree for a while.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { RangeTree } from '@iommu-bounce/iommu-core';

/** start and last */
type Pair = [number, number];

describe('RangeTree', () => {
  const pairs = (tree: RangeTree): Pair[] => [...tree].map(({ start, last }) => [start, last]);

  it('has the range that is added again after it was taken out, with its new target', () => {
    const tree = new RangeTree();
    tree.remove(tree.add(0x1000, 0x1fff, 0xa000, 1));
    expect(tree.find(0x1000, 0x1fff)).to.equal(null);
    const again = tree.add(0x1000, 0x1fff, 0xb000, 2);
    expect(again).to.include({ start: 0x1000, last: 0x1fff, phys: 0xb000, flags: 2, pages: 0 });
    expect(tree.find(0x1800, 0x1800)).to.equal(again);
    expect(tree.size).to.equal(1);
  });

  it('takes a range that overlaps some that were taken out', () => {
    const tree = new RangeTree();
    for (const start of [0x1000, 0x2000, 0x3000])
      tree.remove(tree.add(start, start + 0xfff, start, 0));
    const wide = tree.add(0x1800, 0x37ff, 0, 0);
    expect(tree.from(0)).to.equal(wide);
    expect(tree.next(wide)).to.equal(null);
    expect(pairs(tree)).to.deep.equal([[0x1800, 0x37ff]]);
  });

  it('forgets what a search in vain has found once another search has changed the tree', () => {
    const tree = new RangeTree();
    const gone = tree.add(0x1000, 0x1fff, 0, 0);
    const live = tree.add(0x3000, 0x3fff, 0, 0);
    tree.remove(gone);
    expect(tree.find(0x1000, 0x1fff)).to.equal(null);
    expect(tree.find(0x1800, 0x3000)).to.equal(live);
    tree.add(0x1000, 0x1fff, 0, 0);
    expect(pairs(tree)).to.deep.equal([
      [0x1000, 0x1fff],
      [0x3000, 0x3fff],
    ]);
  });

  it('agrees with a list over many additions and removals', () => {
    const tree = new RangeTree();
    const numbers = random(7);
    let list: Pair[] = [];
    for (let i = 0; i < 3_000; i++) {
      const start = numbers.below(400);
      const last = start + numbers.below(4);
      const overlaps = list.filter(([s, l]) => s <= last && l >= start);
      const found = tree.find(start, last);
      if (overlaps.length === 0) {
        expect(found).to.equal(null);
        tree.add(start, last, i, 0);
        list.push([start, last]);
      } else {
        if (found === null) throw new Error('a range is missing');
        const pair: Pair = [found.start, found.last];
        expect(overlaps).to.deep.include(pair);
        if (numbers.below(3) > 0) {
          tree.remove(found);
          list = list.filter(([s]) => s !== found.start);
        }
      }
      const reached = list.filter(([, l]) => l >= start).map(([s]) => s);
      expect(tree.from(start)?.start ?? Infinity).to.equal(Math.min(...reached));
      expect(tree.size).to.equal(list.length);
    }
    expect(pairs(tree)).to.deep.equal(list.sort(([a], [b]) => a - b));
  });
});
