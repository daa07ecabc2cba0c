// SPDX-License-Identifier: GPL-2.0-only
// Tests of the intrusive lists, against an array.

import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  INIT_LIST_HEAD,
  list_add,
  list_add_tail,
  list_count,
  list_del,
  list_empty,
  list_entry,
  list_first_entry,
  list_for_each_entry,
  list_for_each_entry_safe,
  list_head,
  list_last_entry,
} from '@iommu-bounce/linux-shim';
import { catch_oops } from '@iommu-bounce/linux-shim/testing';

class item {
  readonly node = new list_head<item>(this);
  constructor(readonly id: number) {}
}

function ids(head: list_head<item>): number[] {
  return [...list_for_each_entry(head)].map((i) => i.id);
}

function ids_backwards(head: list_head<item>): number[] {
  const found: number[] = [];
  for (let n = head.prev; n !== head; n = n.prev) found.push(list_entry(n).id);
  return found;
}

describe('list_head', () => {
  it('behaves like an array under any sequence of operations, in both directions', () => {
    const operation = fc.tuple(fc.constantFrom('add', 'add_tail', 'del'), fc.nat(7));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40, size: 'max' }), (operations) => {
        const head = new list_head<item>();
        const items = Array.from({ length: 8 }, (_, id) => new item(id));
        let model: number[] = [];
        for (const [what, id] of operations) {
          const it = items[id] as item;
          if (what === 'del') {
            if (!model.includes(id)) continue;
            list_del(it.node);
            model = model.filter((x) => x !== id);
          } else if (!model.includes(id)) {
            if (what === 'add') list_add(it.node, head);
            else list_add_tail(it.node, head);
            model = what === 'add' ? [id, ...model] : [...model, id];
          }
          expect(ids(head)).to.deep.equal(model);
          expect(ids_backwards(head)).to.deep.equal([...model].reverse());
          expect(list_count(head)).to.equal(model.length);
          expect(list_empty(head)).to.equal(model.length === 0);
          if (model.length > 0)
            expect([list_first_entry(head).id, list_last_entry(head).id]).to.deep.equal([
              model[0],
              model.at(-1),
            ]);
        }
      }),
    );
  });

  it('poisons a deleted node: a second list_del oopses, adding it again does not', () => {
    const head = new list_head<item>();
    const a = new item(1);
    list_add(a.node, head);
    list_del(a.node);
    expect(
      catch_oops(() => {
        list_del(a.node);
      }).kind,
    ).to.equal('bad-access');
    expect(catch_oops(() => list_entry(a.node.next)).kind).to.equal('bad-access');
    list_add(a.node, head);
    expect(ids(head)).to.deep.equal([1]);
    list_del(a.node);
    expect(list_empty(head)).to.equal(true);
  });

  it('is empty again after INIT_LIST_HEAD', () => {
    const head = new list_head<item>();
    list_add(new item(1).node, head);
    INIT_LIST_HEAD(head);
    expect([list_empty(head), list_count(head)]).to.deep.equal([true, 0]);
  });

  it('oopses where C takes the head for an element', () => {
    const head = new list_head<item>();
    for (const call of [list_first_entry, list_last_entry, list_entry])
      expect(catch_oops(() => call(head)).message).to.equal(
        'bad memory access: list head taken for an entry',
      );
  });
});

describe('a list whose node was added twice', () => {
  it('is a lockup for all who walk it', () => {
    const head = new list_head<item>();
    const a = new item(1);
    list_add(a.node, head);
    list_add(a.node, head);
    const walks = [list_for_each_entry<item>, list_for_each_entry_safe<item>].map((walk) => () => {
      let n = 0;
      for (const it of walk(head)) n += it.id;
      return n;
    });
    for (const walk of [...walks, () => list_count(head)])
      expect(catch_oops(walk).kind).to.equal('lockup');
  });
});

describe('list_for_each_entry_safe', () => {
  it('lets the body delete the element at hand', () => {
    const head = new list_head<item>();
    for (let i = 0; i < 5; i++) list_add_tail(new item(i).node, head);
    const seen: number[] = [];
    for (const it of list_for_each_entry_safe(head)) {
      seen.push(it.id);
      if (it.id % 2 === 0) list_del(it.node);
    }
    expect(seen).to.deep.equal([0, 1, 2, 3, 4]);
    expect(ids(head)).to.deep.equal([1, 3]);
  });
});
