// SPDX-License-Identifier: GPL-2.0-only
// Tests of the interval tree against a plain list, and of the properties that make it one.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import {
  interval_tree_insert,
  interval_tree_iter_first,
  interval_tree_iter_next,
  interval_tree_node,
  interval_tree_remove,
  rb_root_cached,
} from '@iommu-bounce/iommu-core';

class item {
  readonly it = new interval_tree_node<item>(this);
  constructor(
    start: number,
    last: number,
    readonly order: number,
  ) {
    this.it.start = start;
    this.it.last = last;
  }
}

type node = interval_tree_node<item>;

/** Black height, after checking order, colours, parents and maxima below the node. */
function check(n: node | null): number {
  if (n === null) return 1;
  for (const child of [n.rb_left, n.rb_right]) {
    if (child === null) continue;
    expect(child.__rb_parent).to.equal(n);
    if (n.__rb_color === 0) expect(child.__rb_color, 'a red node has black children').to.equal(1);
  }
  if (n.rb_left) expect(n.rb_left.start).to.be.at.most(n.start);
  if (n.rb_right) expect(n.rb_right.start).to.be.at.least(n.start);
  const max = Math.max(n.last, n.rb_left?.__subtree_last ?? 0, n.rb_right?.__subtree_last ?? 0);
  expect(n.__subtree_last).to.equal(max);
  const height = check(n.rb_left);
  expect(check(n.rb_right), 'black height').to.equal(height);
  return height + n.__rb_color;
}

function found(root: rb_root_cached<item>, start: number, last: number): item[] {
  const all: item[] = [];
  for (
    let n = interval_tree_iter_first(root, start, last);
    n;
    n = interval_tree_iter_next(n, start, last)
  )
    all.push(n.owner);
  return all;
}

describe('interval_tree', () => {
  it('finds nothing in an empty tree', () => {
    expect(interval_tree_iter_first(new rb_root_cached<item>(), 0, 100)).to.equal(null);
  });

  it('has both ends inclusive', () => {
    const root = new rb_root_cached<item>();
    interval_tree_insert(new item(10, 20, 0).it, root);
    expect(found(root, 0, 9)).to.have.length(0);
    expect(found(root, 0, 10)).to.have.length(1);
    expect(found(root, 20, 30)).to.have.length(1);
    expect(found(root, 21, 30)).to.have.length(0);
  });

  it('keeps equal starts in the order they came in', () => {
    const root = new rb_root_cached<item>();
    for (let i = 0; i < 20; i++) interval_tree_insert(new item(5, 5 + ((i * 7) % 20), i).it, root);
    expect(found(root, 0, 99).map((x) => x.order)).to.deep.equal([...Array(20).keys()]);
  });

  it('agrees with a list over random insertions, removals and searches', () => {
    const source = random(0x1d7ee);
    const root = new rb_root_cached<item>();
    const list: item[] = [];
    for (let step = 0; step < 4000; step++) {
      if (list.length < 5 || source.chance(list.length < 120 ? 60 : 40)) {
        const start = source.below(1000);
        const added = new item(start, start + source.below(source.chance(10) ? 500 : 20), step);
        interval_tree_insert(added.it, root);
        list.push(added);
      } else {
        const [gone] = list.splice(source.below(list.length), 1);
        if (gone) interval_tree_remove(gone.it, root);
      }
      const start = source.below(1000);
      const last = start + source.below(100);
      const expected = list
        .filter((x) => x.it.start <= last && start <= x.it.last)
        .sort((a, b) => a.it.start - b.it.start || a.order - b.order);
      expect(found(root, start, last), source.toString()).to.deep.equal(expected);
      if (step % 16 === 0) check(root.rb_node);
      const first = list.reduce((low, x) => Math.min(low, x.it.start), Infinity);
      expect(root.rb_leftmost?.start, 'leftmost').to.equal(first);
    }
    for (const gone of list) interval_tree_remove(gone.it, root);
    expect(root.rb_node).to.equal(null);
    expect(root.rb_leftmost).to.equal(null);
  });
});
