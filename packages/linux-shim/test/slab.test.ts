// SPDX-License-Identifier: GPL-2.0-only
// Tests of general memory: accounting, failures and the wrong frees.

import { expect } from 'chai';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  KMALLOC_MAX_SIZE,
  __GFP_NOWARN,
  deref,
} from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';

class thing {
  static readonly sizeof = 8;
  value = 7;
}

describe('kmalloc', () => {
  const { boot_machine, write_off } = leak_checked();

  it('counts every kind of allocation and takes every kind back', () => {
    const k = boot_machine();
    const all = [
      k.slab.kmalloc(thing, GFP_KERNEL),
      k.slab.kzalloc(thing, GFP_KERNEL),
      k.slab.kcalloc(3, thing, GFP_KERNEL),
      k.slab.kmalloc_array<thing>(4, GFP_KERNEL),
      k.slab.kvzalloc<thing>(5, GFP_KERNEL),
    ];
    expect(k.slab.in_use()).to.equal(5);
    all.forEach((p, i) => {
      if (i % 2) k.slab.kfree(p);
      else k.slab.kvfree(p);
      expect(k.slab.in_use()).to.equal(4 - i);
    });
  });

  it('initialises structs and fills arrays of pointers with NULL', () => {
    const k = boot_machine();
    const one = deref(k.slab.kmalloc(thing, GFP_KERNEL));
    const many = deref(k.slab.kcalloc(2, thing, GFP_KERNEL));
    const pointers = deref(k.slab.kmalloc_array<thing>(2, GFP_KERNEL));
    expect([one.value, ...many.map((t) => t.value), ...pointers]).to.deep.equal([
      7,
      7,
      7,
      null,
      null,
    ]);
    expect(many[0]).not.to.equal(many[1]);
    for (const p of [one, many, pointers]) k.slab.kfree(p);
  });

  it('has 4 MiB at most, and warns of more: that fails before its site is passed', () => {
    const k = boot_machine();
    expect(KMALLOC_MAX_SIZE).to.equal(4_194_304);
    k.faults.count_passages();
    const last = KMALLOC_MAX_SIZE / thing.sizeof;
    k.slab.kfree(deref(k.slab.kcalloc(last, thing, GFP_KERNEL)));
    k.slab.kfree(deref(k.slab.kmalloc_array(last, GFP_KERNEL)));
    k.slab.kfree(deref(k.slab.kzalloc(thing, GFP_KERNEL, KMALLOC_MAX_SIZE - thing.sizeof)));
    expect([k.faults.passages('kmalloc'), k.log.warnings]).to.deep.equal([3, 0]);

    for (const n of [last + 1, 50_000_000, 2 ** 32 - 1])
      expect(k.slab.kcalloc(n, thing, GFP_KERNEL)).to.equal(null);
    expect(k.slab.kmalloc_array(last + 1, GFP_KERNEL)).to.equal(null);
    expect(k.slab.kzalloc(thing, GFP_KERNEL, KMALLOC_MAX_SIZE)).to.equal(null);
    expect(k.slab.kmalloc_account({}, KMALLOC_MAX_SIZE + 1, GFP_KERNEL)).to.equal(false);
    expect([k.faults.passages('kmalloc'), k.log.warnings]).to.deep.equal([3, 6]);
    expect(k.log.lines[0]?.text).to.equal('WARNING: page allocation of order 11');

    expect(k.slab.kcalloc(last + 1, thing, GFP_KERNEL | __GFP_NOWARN)).to.equal(null);
    expect(k.log.warnings).to.equal(6);
  });

  it('is helped out by vmalloc in kvzalloc, from two pages on, and only if that may sleep', () => {
    const k = boot_machine();
    const pointers = (n: number, gfp: number): boolean => {
      const array = k.slab.kvzalloc(n, gfp);
      k.slab.kvfree(array);
      return array?.length === n;
    };
    const most = KMALLOC_MAX_SIZE / 8;
    expect(pointers(most + 1, GFP_KERNEL)).to.equal(true);
    expect(k.log.warnings).to.equal(0);
    expect(pointers(most, GFP_ATOMIC)).to.equal(true);
    expect(pointers(most + 1, GFP_ATOMIC)).to.equal(false);
    expect(k.log.warnings).to.equal(1);
    for (const [n, gfp, helped] of [
      [512, GFP_KERNEL, false],
      [513, GFP_KERNEL, true],
      [513, GFP_ATOMIC, false],
    ] as const) {
      k.faults.fail('kmalloc', 1);
      expect(pointers(n, gfp), String(n)).to.equal(helped);
    }
  });

  it('fails at its site and then holds nothing', () => {
    const k = boot_machine();
    k.faults.fail('kmalloc', 5);
    expect([
      k.slab.kzalloc(thing, GFP_KERNEL),
      k.slab.kcalloc(1, thing, GFP_KERNEL),
      k.slab.kmalloc_array(1, GFP_KERNEL),
      k.slab.kvzalloc(1, GFP_KERNEL),
      k.slab.kmalloc_account({}, 8, GFP_KERNEL),
    ]).to.deep.equal([null, null, null, null, false]);
    expect(k.slab.in_use()).to.equal(0);
  });

  it('reports a sleeping allocation in atomic context, an atomic one not', () => {
    const k = boot_machine();
    k.context.preempt_disable();
    k.slab.kfree(k.slab.kzalloc(thing, GFP_ATOMIC));
    expect(k.log.sleeping_in_atomic).to.equal(0);
    k.slab.kfree(k.slab.kzalloc(thing, GFP_KERNEL));
    expect(k.log.sleeping_in_atomic).to.equal(1);
    k.context.preempt_enable();
  });

  it('accounts for memory that was made elsewhere', () => {
    const k = boot_machine();
    const table = {};
    expect(k.slab.kmalloc_account(table, 8, GFP_KERNEL)).to.equal(true);
    expect(k.slab.in_use()).to.equal(1);
    k.slab.kfree(table);
  });

  it('kfree takes NULL and oopses for a second free or foreign memory', () => {
    const k = boot_machine();
    k.slab.kfree(null);
    const p = deref(k.slab.kmalloc(thing, GFP_KERNEL));
    k.slab.kfree(p);
    for (const wrong of [p, {}]) {
      const e = catch_oops(() => {
        k.slab.kfree(wrong);
      });
      expect(e.message).to.equal('kernel BUG: kfree of memory that is not allocated');
    }
  });

  it('does not mistake one machine for another', () => {
    const k = boot_machine();
    const other = boot_machine();
    const p = deref(k.slab.kmalloc(thing, GFP_KERNEL));
    catch_oops(() => {
      other.slab.kfree(p);
    });
    write_off(other);
    k.slab.kfree(p);
    expect(k.slab.in_use()).to.equal(0);
  });
});

describe('kmem_cache', () => {
  const { boot_machine } = leak_checked();

  it('counts its objects and fails at a site of its own', () => {
    const k = boot_machine();
    const cache = k.slab.kmem_cache_create('things', thing, 'thing_alloc');
    k.faults.fail('kmalloc', 100);
    const p = deref(k.slab.kmem_cache_zalloc(cache, GFP_ATOMIC));
    expect([p.value, cache.in_use, k.slab.in_use()]).to.deep.equal([7, 1, 1]);
    k.faults.fail('thing_alloc', 1);
    expect(k.slab.kmem_cache_zalloc(cache, GFP_ATOMIC)).to.equal(null);
    expect(cache.in_use).to.equal(1);
    k.slab.kmem_cache_free(cache, p);
    expect([cache.in_use, k.slab.in_use()]).to.deep.equal([0, 0]);
  });

  it('oopses when more comes back than went out', () => {
    const k = boot_machine();
    const cache = k.slab.kmem_cache_create('things', thing, 'thing_alloc');
    const e = catch_oops(() => {
      k.slab.kmem_cache_free(cache, new thing());
    });
    expect(e.message).to.equal('kernel BUG: things: free of an object that is not out');
    expect(k.slab.in_use()).to.equal(0);
  });
});
