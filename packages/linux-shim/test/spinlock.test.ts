// SPDX-License-Identifier: GPL-2.0-only
// Tests of spinlocks and mutexes: the context they make, and the deadlocks they find.

import { expect } from 'chai';
import { mutex, spinlock_t } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';

describe('spinlock', () => {
  const { boot_machine, write_off } = leak_checked();

  it('makes the holder atomic, and gives that back', () => {
    const k = boot_machine();
    const lock = new spinlock_t();
    k.locks.spin_lock_init(lock);
    k.locks.spin_lock(lock);
    expect([k.context.in_atomic(), k.context.irqs_disabled(), k.locks.held]).to.deep.equal([
      true,
      false,
      1,
    ]);
    k.locks.spin_unlock(lock);
    expect([k.context.in_atomic(), k.locks.held]).to.deep.equal([false, 0]);
  });

  it('with irqsave also turns interrupts off, back to what they were', () => {
    const k = boot_machine();
    const a = new spinlock_t();
    const b = new spinlock_t();
    const flags_a = k.locks.spin_lock_irqsave(a);
    const flags_b = k.locks.spin_lock_irqsave(b);
    expect([k.context.preempt_count(), k.context.irqs_disabled()]).to.deep.equal([2, true]);
    k.locks.spin_unlock_irqrestore(b, flags_b);
    expect(k.context.irqs_disabled()).to.equal(true);
    k.locks.spin_unlock_irqrestore(a, flags_a);
    expect(k.context.irqs_disabled()).to.equal(false);
  });

  it('taken twice is a deadlock that names the holder, from any CPU', () => {
    for (const cpu of [0, 1]) {
      const k = boot_machine({ nr_cpus: 2 });
      const lock = new spinlock_t();
      k.context.run_on_cpu(1);
      k.locks.spin_lock(lock);
      k.context.run_on_cpu(cpu);
      const e = catch_oops(() => k.locks.spin_lock_irqsave(lock));
      expect(e.message).to.equal('kernel BUG: spinlock recursion: held by CPU 1');
      write_off(k);
    }
  });

  it('released without being held is an oops', () => {
    const k = boot_machine();
    const e = catch_oops(() => {
      k.locks.spin_unlock(new spinlock_t());
    });
    expect(e.message).to.equal('kernel BUG: spin_unlock: lock not held');
  });

  it('can be asserted', () => {
    const k = boot_machine();
    const lock = new spinlock_t();
    expect(
      catch_oops(() => {
        k.locks.assert_spin_locked(lock);
      }).kind,
    ).to.equal('bug');
    k.locks.spin_lock(lock);
    k.locks.assert_spin_locked(lock);
    k.locks.spin_unlock(lock);
  });
});

describe('mutex', () => {
  const { boot_machine, write_off } = leak_checked();

  it('is held without making the holder atomic', () => {
    const k = boot_machine();
    const m = new mutex();
    k.locks.mutex_lock(m);
    expect([k.locks.held, k.context.in_atomic()]).to.deep.equal([1, false]);
    k.locks.mutex_unlock(m);
    expect(k.locks.held).to.equal(0);
  });

  it('may sleep, so it is reported under a spinlock', () => {
    const k = boot_machine();
    const lock = new spinlock_t();
    const m = new mutex();
    k.locks.spin_lock(lock);
    k.locks.mutex_lock(m);
    k.locks.mutex_unlock(m);
    k.locks.spin_unlock(lock);
    expect(k.log.sleeping_in_atomic).to.equal(1);
  });

  it('taken twice or released twice is an oops', () => {
    const k = boot_machine();
    const m = new mutex();
    const unlock = (): void => {
      k.locks.mutex_unlock(m);
    };
    expect(catch_oops(unlock).message).to.equal('kernel BUG: mutex_unlock: not locked');
    k.locks.mutex_lock(m);
    const e = catch_oops(() => {
      k.locks.mutex_lock(m);
    });
    expect(e.message).to.equal('kernel BUG: mutex_lock: deadlock');
    write_off(k);
  });
});
