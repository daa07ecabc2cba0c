// SPDX-License-Identifier: GPL-2.0-only
// What if: the cache of addresses of v6.7 ("iommu/iova: Make the rcache depot scale better" and "iommu/iova: Manage the
// depot list size"; read in drivers/iommu/iova.c). The depot of a size is a list without a limit, and work gives one
// magazine in 100 ms back to the tree while there are more than CPUs. 5.13's depot has room for 32, the others go at once.

import { GFP_ATOMIC, GFP_KERNEL, delayed_work, deref } from '@iommu-bounce/linux-shim';
import {
  IOVA_RANGE_CACHE_MAX_SIZE,
  iova_c,
  iova_cpu_rcache,
  type iova_domain,
  iova_magazine,
  iova_magazine_empty,
  iova_rcache,
} from '@iommu-bounce/iommu-core';

/** One less than 5.13's: a magazine with its size, or its place in the list, is 1 KiB. */
export const IOVA_MAG_SIZE_6_7 = 127;
/** Milliseconds. */
export const IOVA_DEPOT_DELAY = 100;

/** C: the size and the pointer are a union; only full magazines are in a list. */
export class iova_magazine_6_7 extends iova_magazine {
  static override readonly sizeof = 1024;
  next: iova_magazine_6_7 | null = null;
}

export class iova_rcache_6_7 extends iova_rcache {
  /** The depot; `depot` of 5.13 stays empty. */
  list: iova_magazine_6_7 | null = null;
  readonly work = new delayed_work();

  constructor(readonly iovad: iova_domain) {
    super();
  }
}

function iova_magazine_full(mag: iova_magazine | null): boolean {
  return mag !== null && mag.size === IOVA_MAG_SIZE_6_7;
}

/** drivers/iommu/iova.c of v6.7, as far as its cache differs */
export class iova_c_depot_6_7 extends iova_c {
  /** Full magazines of a size, 2^log_size frames, that no CPU has. */
  depot_size(iovad: iova_domain, log_size: number): number {
    return iovad.rcaches[log_size]?.depot_size ?? 0;
  }

  protected override iova_magazine_alloc(flags: number): iova_magazine_6_7 | null {
    return this.k.slab.kzalloc(iova_magazine_6_7, flags);
  }

  private iova_depot_pop(rcache: iova_rcache_6_7): iova_magazine_6_7 {
    const mag = deref(rcache.list);

    rcache.list = mag.next;
    mag.next = null;
    rcache.depot_size--;
    return mag;
  }

  private iova_depot_push(rcache: iova_rcache_6_7, mag: iova_magazine_6_7): void {
    mag.next = rcache.list;
    rcache.list = mag;
    rcache.depot_size++;
  }

  private iova_depot_work_func(rcache: iova_rcache_6_7): void {
    let mag: iova_magazine_6_7 | null = null;

    const flags = this.k.locks.spin_lock_irqsave(rcache.lock);
    if (rcache.depot_size > this.k.percpu.nr_cpu_ids()) mag = this.iova_depot_pop(rcache);
    this.k.locks.spin_unlock_irqrestore(rcache.lock, flags);

    if (mag) {
      this.iova_magazine_free_pfns(mag, rcache.iovad);
      this.iova_magazine_free(mag);
      this.schedule_depot_work(rcache);
    }
  }

  private schedule_depot_work(rcache: iova_rcache_6_7): void {
    const { workqueue, timers } = this.k;
    workqueue.schedule_delayed_work(rcache.work, timers.msecs_to_jiffies(IOVA_DEPOT_DELAY));
  }

  /** JS: 5.13's init_iova_domain cannot fail. Sizes that get no memory have no cache, so they use the tree. */
  protected override init_iova_rcaches(iovad: iova_domain): void {
    const { locks, percpu, workqueue } = this.k;
    for (let i = 0; i < IOVA_RANGE_CACHE_MAX_SIZE; ++i) {
      const rcache = new iova_rcache_6_7(iovad);
      iovad.rcaches[i] = rcache;
      locks.spin_lock_init(rcache.lock);
      workqueue.INIT_DELAYED_WORK(
        rcache.work,
        () => {
          this.iova_depot_work_func(rcache);
        },
        rcache,
      );
      rcache.cpu_rcaches = percpu.alloc_percpu(iova_cpu_rcache);
      if (!rcache.cpu_rcaches) continue;
      for (let cpu = 0; cpu < percpu.nr_cpu_ids(); cpu++) {
        const cpu_rcache = percpu.per_cpu_ptr(rcache.cpu_rcaches, cpu);
        locks.spin_lock_init(cpu_rcache.lock);
        cpu_rcache.loaded = this.iova_magazine_alloc(GFP_KERNEL);
        cpu_rcache.prev = this.iova_magazine_alloc(GFP_KERNEL);
        if (!cpu_rcache.loaded || !cpu_rcache.prev) {
          this.free_rcache(rcache);
          break;
        }
      }
    }
  }

  protected override __iova_rcache_insert(
    _iovad: iova_domain,
    rcache: iova_rcache_6_7,
    pfn: number,
  ): boolean {
    let can_insert = false;

    if (!rcache.cpu_rcaches) return false;
    const cpu_rcache = this.k.percpu.raw_cpu_ptr(rcache.cpu_rcaches);
    const flags = this.k.locks.spin_lock_irqsave(cpu_rcache.lock);

    if (!iova_magazine_full(cpu_rcache.loaded)) {
      can_insert = true;
    } else if (!iova_magazine_full(cpu_rcache.prev)) {
      this.swap(cpu_rcache);
      can_insert = true;
    } else {
      const new_mag = this.iova_magazine_alloc(GFP_ATOMIC);

      if (new_mag) {
        this.k.locks.spin_lock(rcache.lock);
        this.iova_depot_push(rcache, cpu_rcache.loaded as iova_magazine_6_7);
        this.k.locks.spin_unlock(rcache.lock);
        this.schedule_depot_work(rcache);

        cpu_rcache.loaded = new_mag;
        can_insert = true;
      }
    }

    if (can_insert) this.iova_magazine_push(cpu_rcache.loaded, pfn);

    this.k.locks.spin_unlock_irqrestore(cpu_rcache.lock, flags);

    return can_insert;
  }

  protected override __iova_rcache_get(rcache: iova_rcache_6_7, limit_pfn: number): number {
    let pfn = 0;
    let has_pfn = false;

    if (!rcache.cpu_rcaches) return 0;
    const cpu_rcache = this.k.percpu.raw_cpu_ptr(rcache.cpu_rcaches);
    const flags = this.k.locks.spin_lock_irqsave(cpu_rcache.lock);

    if (!iova_magazine_empty(cpu_rcache.loaded)) {
      has_pfn = true;
    } else if (!iova_magazine_empty(cpu_rcache.prev)) {
      this.swap(cpu_rcache);
      has_pfn = true;
    } else {
      this.k.locks.spin_lock(rcache.lock);
      if (rcache.list) {
        this.iova_magazine_free(cpu_rcache.loaded);
        cpu_rcache.loaded = this.iova_depot_pop(rcache);
        has_pfn = true;
      }
      this.k.locks.spin_unlock(rcache.lock);
    }

    if (has_pfn) pfn = this.iova_magazine_pop(deref(cpu_rcache.loaded), limit_pfn);

    this.k.locks.spin_unlock_irqrestore(cpu_rcache.lock, flags);

    return pfn;
  }

  private swap(cpu_rcache: iova_cpu_rcache): void {
    const { prev } = cpu_rcache;
    cpu_rcache.prev = cpu_rcache.loaded;
    cpu_rcache.loaded = prev;
  }

  protected override free_iova_rcaches(iovad: iova_domain): void {
    for (const rcache of iovad.rcaches)
      if (rcache instanceof iova_rcache_6_7) this.free_rcache(rcache);
  }

  private free_rcache(rcache: iova_rcache_6_7): void {
    if (!rcache.cpu_rcaches) return;
    for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++) {
      const cpu_rcache = this.k.percpu.per_cpu_ptr(rcache.cpu_rcaches, cpu);
      this.iova_magazine_free(cpu_rcache.loaded);
      this.iova_magazine_free(cpu_rcache.prev);
    }
    rcache.cpu_rcaches = null;
    this.k.workqueue.cancel_delayed_work_sync(rcache.work);
    while (rcache.list) this.iova_magazine_free(this.iova_depot_pop(rcache));
  }

  protected override free_cpu_cached_iovas(cpu: number, iovad: iova_domain): void {
    for (const rcache of iovad.rcaches) {
      if (!rcache.cpu_rcaches) continue;
      const cpu_rcache = this.k.percpu.per_cpu_ptr(rcache.cpu_rcaches, cpu);
      const flags = this.k.locks.spin_lock_irqsave(cpu_rcache.lock);
      this.iova_magazine_free_pfns(cpu_rcache.loaded, iovad);
      this.iova_magazine_free_pfns(cpu_rcache.prev, iovad);
      this.k.locks.spin_unlock_irqrestore(cpu_rcache.lock, flags);
    }
  }

  protected override free_global_cached_iovas(iovad: iova_domain): void {
    for (const rcache of iovad.rcaches) {
      if (!(rcache instanceof iova_rcache_6_7)) continue;
      const flags = this.k.locks.spin_lock_irqsave(rcache.lock);
      while (rcache.list) {
        const mag = this.iova_depot_pop(rcache);

        this.iova_magazine_free_pfns(mag, iovad);
        this.iova_magazine_free(mag);
      }
      this.k.locks.spin_unlock_irqrestore(rcache.lock, flags);
    }
  }
}
