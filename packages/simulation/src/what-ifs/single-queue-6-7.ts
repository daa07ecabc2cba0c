// SPDX-License-Identifier: GPL-2.0-only
// What if: one large flush queue for all CPUs, as v6.7 has it for IOMMUs whose tables are shadowed ("iommu/dma: Allow a
// single FQ in addition to per-CPU FQs" and "Use a large flush queue and timeout for shadow_on_flush"; read in
// drivers/iommu/dma-iommu.c of v6.8). Only s390 asks for it there; here any IOMMU has it. 5.13 keeps the queue in iova.c.
// What it frees goes into v6.7's cache.

import { ENOMEM, type page, spinlock_t } from '@iommu-bounce/linux-shim';
import {
  type iova_domain,
  type iova_entry_dtor,
  type iova_flush_cb,
  iova_fq_entry,
} from '@iommu-bounce/iommu-core';
import { iova_c_depot_6_7 } from './iova-depot-6-7';

export const IOVA_SINGLE_FQ_SIZE = 32768;
/** Milliseconds. */
export const IOVA_SINGLE_FQ_TIMEOUT = 1000;

class single_fq {
  readonly lock = new spinlock_t();
  head = 0;
  tail = 0;
  readonly entries = Array.from({ length: IOVA_SINGLE_FQ_SIZE }, () => new iova_fq_entry());
}

export class iova_c_single_queue_6_7 extends iova_c_depot_6_7 {
  private readonly queues = new Map<iova_domain, single_fq>();

  override init_iova_flush_queue(
    iovad: iova_domain,
    flush_cb: iova_flush_cb,
    entry_dtor: iova_entry_dtor,
  ): number {
    const { slab, timers } = this.k;
    const queue = slab.vzalloc(single_fq);
    if (!queue) return -ENOMEM;
    iovad.fq_flush_start_cnt = 0;
    iovad.fq_flush_finish_cnt = 0;
    iovad.flush_cb = flush_cb;
    iovad.entry_dtor = entry_dtor;
    this.queues.set(iovad, queue);
    timers.timer_setup(iovad.fq_timer, () => {
      iovad.fq_timer_on = 0;
      this.flush(iovad);
      const flags = this.k.locks.spin_lock_irqsave(queue.lock);
      this.free_flushed(iovad, queue);
      this.k.locks.spin_unlock_irqrestore(queue.lock, flags);
    });
    iovad.fq_timer_on = 0;
    return 0;
  }

  override queue_iova(iovad: iova_domain, pfn: number, pages: number, data: page | null): void {
    const queue = this.queues.get(iovad);
    if (!queue) {
      super.queue_iova(iovad, pfn, pages, data);
      return;
    }
    const { locks, timers } = this.k;
    const flags = locks.spin_lock_irqsave(queue.lock);
    this.free_flushed(iovad, queue);
    if ((queue.tail + 1) % IOVA_SINGLE_FQ_SIZE === queue.head) {
      this.flush(iovad);
      this.free_flushed(iovad, queue);
    }
    const entry = queue.entries[queue.tail] as iova_fq_entry;
    queue.tail = (queue.tail + 1) % IOVA_SINGLE_FQ_SIZE;
    entry.iova_pfn = pfn;
    entry.pages = pages;
    entry.data = data;
    entry.counter = iovad.fq_flush_start_cnt;
    locks.spin_unlock_irqrestore(queue.lock, flags);

    if (iovad.fq_timer_on !== 0) return;
    iovad.fq_timer_on = 1;
    timers.mod_timer(
      iovad.fq_timer,
      timers.jiffies() + timers.msecs_to_jiffies(IOVA_SINGLE_FQ_TIMEOUT),
    );
  }

  override put_iova_domain(iovad: iova_domain): void {
    const queue = this.queues.get(iovad);
    if (queue) {
      if (this.k.timers.timer_pending(iovad.fq_timer)) this.k.timers.del_timer(iovad.fq_timer);
      for (let i = queue.head; i !== queue.tail; i = (i + 1) % IOVA_SINGLE_FQ_SIZE)
        iovad.entry_dtor?.((queue.entries[i] as iova_fq_entry).data);
      this.queues.delete(iovad);
      this.k.slab.kvfree(queue);
    }
    super.put_iova_domain(iovad);
  }

  /** The lock that all CPUs share. */
  queue_lock(iovad: iova_domain): spinlock_t | null {
    return this.queues.get(iovad)?.lock ?? null;
  }

  private flush(iovad: iova_domain): void {
    iovad.fq_flush_start_cnt++;
    iovad.flush_cb?.(iovad);
    iovad.fq_flush_finish_cnt++;
  }

  private free_flushed(iovad: iova_domain, queue: single_fq): void {
    const counter = iovad.fq_flush_finish_cnt;
    while (queue.head !== queue.tail) {
      const entry = queue.entries[queue.head] as iova_fq_entry;
      if (entry.counter >= counter) break;
      iovad.entry_dtor?.(entry.data);
      this.free_iova_fast(iovad, entry.iova_pfn, entry.pages);
      queue.head = (queue.head + 1) % IOVA_SINGLE_FQ_SIZE;
    }
  }
}
