// SPDX-License-Identifier: GPL-2.0-only
// Tests of what the allocation flags mean to an allocation.

import { expect } from 'chai';
import * as shim from '@iommu-bounce/linux-shim';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  GFP_NOWAIT,
  gfpflags_allow_blocking,
} from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';

describe('gfp flags', () => {
  const { boot_machine } = leak_checked();

  it('are different single bits below 2^31', () => {
    const flags = Object.entries(shim).filter(([name]) => name.startsWith('__GFP_'));
    expect(flags.length).to.be.greaterThan(10);
    for (const [name, value] of flags)
      expect(shim.is_power_of_2(Number(value)) && Number(value) < 2 ** 31, name).to.equal(true);
    expect(new Set(flags.map(([, value]) => value)).size).to.equal(flags.length);
  });

  it('tell who may sleep', () => {
    expect([GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT].map(gfpflags_allow_blocking)).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect(gfpflags_allow_blocking(GFP_KERNEL & ~shim.__GFP_DIRECT_RECLAIM)).to.equal(false);
  });

  for (const [name, gfp, reports] of [
    ['GFP_KERNEL', GFP_KERNEL, 1],
    ['GFP_ATOMIC', GFP_ATOMIC, 0],
    ['GFP_NOWAIT', GFP_NOWAIT, 0],
  ] as const)
    it(`${name} under a spinlock is reported ${String(reports)} times and gives memory`, () => {
      const k = boot_machine();
      const lock = new shim.spinlock_t();
      const flags = k.locks.spin_lock_irqsave(lock);
      const p = k.page_alloc.alloc_pages(gfp, 0);
      k.locks.spin_unlock_irqrestore(lock, flags);
      expect(k.log.sleeping_in_atomic).to.equal(reports);
      k.page_alloc.__free_page(shim.deref(p));
    });

  it('a failure is logged unless __GFP_NOWARN is set', () => {
    const k = boot_machine();
    for (const gfp of [GFP_KERNEL, GFP_KERNEL | shim.__GFP_NOWARN]) {
      k.faults.fail('page_alloc', 1);
      expect(k.page_alloc.alloc_pages(gfp, 3)).to.equal(null);
    }
    expect(k.log.lines).to.deep.equal([
      { level: 'warn', text: 'page allocation failure: order:3' },
    ]);
  });
});
