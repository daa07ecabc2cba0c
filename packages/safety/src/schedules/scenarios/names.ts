// SPDX-License-Identifier: GPL-2.0-only
// The names of what the threads of a machine share, as schedules and reports print them.

import type { spinlock_t } from '@iommu-bounce/linux-shim';
import { type iommu_domain, type iova_domain, viommu_domain } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import type { io_buffer_class, io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import type { Executor } from '../executor';
import type { Kernel } from '../kernel';

/** What has a name. */
export interface Named {
  readonly kernel: Kernel;
  readonly rt: Executor;
  readonly domain: iommu_domain;
  /** Another domain, where a device goes. */
  readonly fresh: iommu_domain;
  readonly pool: io_buffer_pool | null;
  readonly classes: readonly io_buffer_class[];
  readonly iovad: iova_domain;
}

/** Numbers are given in this order. @returns the locks */
export function nameObjects(named: Named): spinlock_t[] {
  const { kernel, rt, domain, fresh, pool, classes, iovad } = named;
  const locks: spinlock_t[] = [];
  const lock = (one: spinlock_t, name: string): void => {
    kernel.name(one, name);
    locks.push(one);
  };
  classes.forEach((klass, i) => {
    lock(klass.lock, `io_buffer_class.lock ${String(i)}`);
  });
  classes.forEach(({ slots }, i) => {
    for (const slot of slots)
      kernel.name(slot, `io_buffer_slot ${String(i)} ${String(slot.index)}`);
  });
  kernel.name(domain, 'domain');
  kernel.name(fresh, 'domain 2');
  if (pool !== null) kernel.name(pool.evict_work, 'evict_work');
  kernel.name(iovad.fq_timer, 'fq_timer');
  kernel.watchedFrom = rt.names.length;
  iovad.fq?.ptrs.forEach((one, cpu) => {
    lock(one.lock, `iova_fq.lock ${String(cpu)}`);
  });
  kernel.name(iovad, 'iova_domain');
  const viommu = domain instanceof viommu_domain ? domain.viommu : null;
  if (viommu !== null) {
    lock(viommu.request_lock, 'viommu_dev.request_lock');
    kernel.requests(viommu.request_lock);
  }
  const { iova_rbtree_lock } = to_cookie(fresh).iovad;
  lock(iova_rbtree_lock, 'iova_domain.iova_rbtree_lock 2');
  lock(iovad.iova_rbtree_lock, 'iova_domain.iova_rbtree_lock');
  iovad.rcaches.forEach((rcache, i) => {
    lock(rcache.lock, `iova_rcache.lock ${String(i)}`);
    rcache.cpu_rcaches?.ptrs.forEach((one, cpu) => {
      lock(one.lock, `iova_cpu_rcache.lock ${String(i)} ${String(cpu)}`);
    });
  });
  return locks;
}
