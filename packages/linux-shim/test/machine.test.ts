// SPDX-License-Identifier: GPL-2.0-only
// Tests of a whole machine: its defaults, its usage, and that two of them share nothing.

import { expect } from 'chai';
import {
  GFP_KERNEL,
  INITIAL_JIFFIES,
  VM_MAP,
  delayed_work,
  deref,
  machine,
  mutex,
  page_to_phys,
  valid_dma_direction,
} from '@iommu-bounce/linux-shim';
import { fill_pattern, leak_checked, read_bytes } from '@iommu-bounce/linux-shim/testing';

class thing {
  static readonly sizeof = 8;
  value = 0;
}

describe('machine', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('has 64 MiB, one CPU and 1,000 ticks a second by default', () => {
    const k = new machine();
    expect([k.page_alloc.free_pages(), k.percpu.nr_cpu_ids(), k.timers.HZ]).to.deep.equal([
      16384, 1, 1000,
    ]);
  });

  it('begins with nothing in use and shows each kind of use', () => {
    const k = boot_machine();
    const rest = k.usage();
    expect(Object.values(rest).every((n) => n === 0 || n === false)).to.equal(true);

    const p = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 1));
    const t = k.slab.kzalloc(thing, GFP_KERNEL);
    const area = k.vmalloc.vmap([p], 1, VM_MAP);
    const wq = deref(k.workqueue.create_singlethread_workqueue('wq'));
    const work = new delayed_work();
    k.workqueue.INIT_DELAYED_WORK(work, () => undefined, {});
    k.workqueue.queue_delayed_work(wq, work, 5);
    const m = new mutex();
    k.locks.mutex_lock(m);
    k.context.preempt_disable();
    const flags = k.context.local_irq_save();
    expect(k.usage()).to.deep.equal({
      pages: 2,
      allocations: 1,
      vmalloc_areas: 1,
      workqueues: 1,
      timers: 1,
      locks_held: 1,
      preempt_count: 1,
      irqs_disabled: true,
    });

    k.context.local_irq_restore(flags);
    k.context.preempt_enable();
    k.locks.mutex_unlock(m);
    k.workqueue.cancel_delayed_work_sync(work);
    k.workqueue.destroy_workqueue(wq);
    k.vmalloc.vunmap(area);
    k.slab.kfree(t);
    k.page_alloc.__free_pages(p, 1);
    expect(k.usage()).to.deep.equal(rest);
  });

  it('shares nothing with another one', () => {
    const [a, b] = [boot_machine(), boot_machine()];
    const p = deref(a.page_alloc.alloc_pages(GFP_KERNEL, 0));
    fill_pattern(a, page_to_phys(p), 100, 1);
    a.timers.advance(10);
    a.log.pr_info('a');
    expect(b.usage().pages).to.equal(0);
    expect(read_bytes(b, page_to_phys(p), 100).every((x) => x === 0)).to.equal(true);
    expect([b.timers.jiffies(), b.log.lines.length]).to.deep.equal([INITIAL_JIFFIES(1000), 0]);
    a.page_alloc.__free_page(p);
  });
});

describe('valid_dma_direction', () => {
  it('is true for the three real ones', () => {
    expect([-1, 0, 1, 2, 3, 4].map(valid_dma_direction)).to.deep.equal([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
