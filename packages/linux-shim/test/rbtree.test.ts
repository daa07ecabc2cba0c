// SPDX-License-Identifier: GPL-2.0-only
// Tests of the red-black trees: against a sorted array, for the colour rules, and for the shape that C gives them.

import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  rb_erase,
  rb_first,
  rb_insert_color,
  rb_last,
  rb_link_node,
  rb_next,
  rb_node,
  rb_prev,
  rb_root,
  rbtree_postorder_for_each_entry_safe,
} from '@iommu-bounce/linux-shim';
import { random } from '@iommu-bounce/linux-shim/testing';

const LONG = process.env['TEST_LONG'] === '1';

const RED = 0;

class item {
  readonly node = new rb_node<item>(this);
  constructor(readonly key: number) {}
}

function insert(root: rb_root<item>, it: item): void {
  let parent: rb_node<item> | null = null;
  let link: 'rb_left' | 'rb_right' | rb_root<item> = root;
  for (let n = root.rb_node; n; n = link === 'rb_left' ? n.rb_left : n.rb_right) {
    parent = n;
    link = it.key < n.owner.key ? 'rb_left' : 'rb_right';
  }
  rb_link_node(it.node, parent, link);
  rb_insert_color(it.node, root);
}

/** Checks the subtree's rules and returns its count of black nodes on every way down. */
function black_height(n: rb_node<item> | null, parent: rb_node<item> | null): number {
  if (n === null) return 1;
  expect(n.__rb_parent, `parent of ${String(n.owner.key)}`).to.equal(parent);
  if (n.__rb_color === RED) {
    expect(parent, 'a red root').not.to.equal(null);
    expect(parent?.__rb_color, `red below red at ${String(n.owner.key)}`).not.to.equal(RED);
  }
  const left = black_height(n.rb_left, n);
  expect(black_height(n.rb_right, n), `black height at ${String(n.owner.key)}`).to.equal(left);
  return left + (n.__rb_color === RED ? 0 : 1);
}

function keys(root: rb_root<item>): number[] {
  const found: number[] = [];
  for (let n = rb_first(root); n; n = rb_next(n)) found.push(n.owner.key);
  return found;
}

function keys_backwards(root: rb_root<item>): number[] {
  const found: number[] = [];
  for (let n = rb_last(root); n; n = rb_prev(n)) found.push(n.owner.key);
  return found;
}

/** `(left key right)`, red keys marked with `r`, a missing child as `.`. */
function shape(n: rb_node<item> | null): string {
  if (!n) return '.';
  const key = `${String(n.owner.key)}${n.__rb_color === RED ? 'r' : ''}`;
  return n.rb_left || n.rb_right ? `(${shape(n.rb_left)} ${key} ${shape(n.rb_right)})` : key;
}

function tree_of(...order: number[]): { root: rb_root<item>; items: Map<number, item> } {
  const root = new rb_root<item>();
  const items = new Map(order.map((key) => [key, new item(key)]));
  for (const it of items.values()) insert(root, it);
  return { root, items };
}

describe('rbtree', () => {
  it('is a sorted array with balanced colours after every insert and erase @long', () => {
    const operations = fc.array(fc.nat(31), { minLength: 1, maxLength: 120, size: 'max' });
    fc.assert(
      fc.property(operations, (toggles) => {
        const root = new rb_root<item>();
        const present = new Map<number, item>();
        for (const key of toggles) {
          const there = present.get(key);
          if (there) {
            rb_erase(there.node, root);
            present.delete(key);
          } else {
            const it = new item(key);
            insert(root, it);
            present.set(key, it);
          }
          const model = [...present.keys()].sort((a, b) => a - b);
          expect(keys(root)).to.deep.equal(model);
          expect(keys_backwards(root)).to.deep.equal([...model].reverse());
          black_height(root.rb_node, null);
        }
      }),
      { numRuns: LONG ? 60 : 30 },
    );
  });

  it('stays no deeper than twice the logarithm under ascending keys', () => {
    const { root } = tree_of(...Array.from({ length: 1023 }, (_, i) => i));
    const depth = (n: rb_node<item> | null): number =>
      n ? 1 + Math.max(depth(n.rb_left), depth(n.rb_right)) : 0;
    expect(depth(root.rb_node)).to.be.within(10, 20);
  });

  it('survives being emptied in any order, from either end', () => {
    const source = random(11);
    for (const pick of ['first', 'last', 'any']) {
      const { root, items } = tree_of(...Array.from({ length: 64 }, (_, i) => (i * 37) % 64));
      while (items.size > 0) {
        const all = [...items.keys()].sort((a, b) => a - b);
        const key =
          (pick === 'first' ? all[0] : pick === 'last' ? all.at(-1) : source.pick(all)) ?? 0;
        rb_erase((items.get(key) as item).node, root);
        items.delete(key);
        black_height(root.rb_node, null);
        expect(keys(root), String(source)).to.deep.equal(all.filter((k) => k !== key));
      }
      expect(root.rb_node).to.equal(null);
    }
  });
});

// The expected shapes follow from the textbook cases, done by hand.
describe('rb_insert_color', () => {
  it('makes the first node a black root', () => {
    expect(shape(tree_of(5).root.rb_node)).to.equal('5');
  });

  it('flips the colours below a red uncle', () => {
    expect(shape(tree_of(5, 2, 8, 1).root.rb_node)).to.equal('((1r 2 .) 5 8)');
  });

  it('rotates once for an outer child, on both sides', () => {
    expect(shape(tree_of(3, 2, 1).root.rb_node)).to.equal('(1r 2 3r)');
    expect(shape(tree_of(1, 2, 3).root.rb_node)).to.equal('(1r 2 3r)');
  });

  it('rotates twice for an inner child, on both sides', () => {
    expect(shape(tree_of(3, 1, 2).root.rb_node)).to.equal('(1r 2 3r)');
    expect(shape(tree_of(1, 3, 2).root.rb_node)).to.equal('(1r 2 3r)');
  });
});

describe('rb_erase', () => {
  /** Inserts in order, erases one by one, returns the shape. */
  function after(order: number[], ...erased: number[]): string {
    const { root, items } = tree_of(...order);
    for (const key of erased) rb_erase((items.get(key) as item).node, root);
    black_height(root.rb_node, null);
    return shape(root.rb_node);
  }

  it('puts a single red child in the place and colour of its parent', () => {
    expect(after([5, 2, 8, 1], 2)).to.equal('(1 5 8)');
    expect(after([5, 2, 8, 9], 8)).to.equal('(2 5 9)');
  });

  it('replaces a node of two children by its successor, near or far', () => {
    expect(after([5, 2, 8], 5)).to.equal('(2r 8 .)');
    expect(after([5, 2, 8, 7], 5)).to.equal('(2 7 8)');
  });

  it('recolours a black sibling without red children, up to the root', () => {
    expect(after([5, 2, 8, 1], 1, 2)).to.equal('(. 5 8r)');
    expect(after([5, 2, 8, 1], 1, 8)).to.equal('(2r 5 .)');
  });

  it('rotates at the parent for a red far nephew, on both sides', () => {
    expect(after([5, 2, 8, 9], 2)).to.equal('(5 8 9)');
    expect(after([5, 2, 8, 1], 8)).to.equal('(1 2 5)');
  });

  it('rotates twice for a red near nephew, on both sides', () => {
    expect(after([5, 2, 8, 7], 2)).to.equal('(5 7 8)');
    expect(after([5, 2, 8, 3], 8)).to.equal('(2 3 5)');
  });

  it('turns a red sibling into a black one first, on both sides', () => {
    expect(after([5, 2, 8, 7, 9, 10], 10, 2)).to.equal('((. 5 7r) 8 9)');
    expect(after([5, 8, 2, 3, 1, 0], 0, 8)).to.equal('(1 2 (3r 5 .))');
  });
});

/** One number for the shape and the colours of a tree, going on from `hash`. */
function hash_shape(n: rb_node<item> | null, hash: number): number {
  const value = n ? n.owner.key * 2 + n.__rb_color : 7777;
  const next = Math.imul(hash ^ value, 16777619) >>> 0;
  return n ? hash_shape(n.rb_right, hash_shape(n.rb_left, next)) : next;
}

describe('the shape of a tree', () => {
  // What v5.14's lib/rbtree.c, compiled, gives for the same 3,000 operations of each seed.
  for (const [seed, hash] of [
    [1, 3898873056],
    [2, 209298243],
    [20, 1440079356],
    [40, 1364019468],
  ] as const)
    it(`is the C's after each of 3,000 operations (seed ${String(seed)})`, () => {
      const source = random(seed);
      const root = new rb_root<item>();
      const present = new Map<number, item>();
      let h = 2166136261;
      for (let i = 0; i < 3000; i++) {
        const key = source.next() % (seed * 7 + 1);
        const there = present.get(key);
        if (there) {
          rb_erase(there.node, root);
          present.delete(key);
        } else {
          const it = new item(key);
          insert(root, it);
          present.set(key, it);
        }
        h = hash_shape(root.rb_node, h);
      }
      expect(h, String(source)).to.equal(hash);
    });
});

describe('rbtree_postorder_for_each_entry_safe', () => {
  it('visits children before their parents, left before right', () => {
    const { root } = tree_of(4, 2, 6, 1, 3, 5, 7);
    const order = [...rbtree_postorder_for_each_entry_safe(root)].map((it) => it.key);
    expect(order).to.deep.equal([1, 3, 2, 5, 7, 6, 4]);
    expect([...rbtree_postorder_for_each_entry_safe(new rb_root<item>())]).to.deep.equal([]);
  });
});
