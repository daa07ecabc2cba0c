// SPDX-License-Identifier: GPL-2.0-only
// Fixes of giving buffers back: at teardown, after a failed unmap, many at a time.

import {
  PAGE_SIZE,
  deref,
  type dma_addr_t,
  list_add,
  list_del,
  list_empty,
  type list_head,
  list_last_entry,
} from '@iommu-bounce/linux-shim';
import {
  type iommu_c,
  iommu_iotlb_gather,
  iommu_iotlb_gather_init,
  iommu_iotlb_sync,
} from '@iommu-bounce/iommu-core';
import type { io_buffer_class, io_buffer_pool, io_buffer_slot } from '@iommu-bounce/io-buffer-pool';
import type { Fix, PoolClass } from '../fix';

function freeInUse(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_destroy(pool_in: object | null): void {
      const pool = pool_in as io_buffer_pool | null;
      let live = 0;
      for (const klass of pool?.classes ?? [])
        for (const slot of klass.slots) {
          if (!pool || slot.orig_buffer === null) continue;
          live++;
          this.io_buffer_pool_free_slot(pool, klass, slot);
          slot.orig_buffer = null;
        }
      if (live > 0) this.k.log.pr_warn(`io-buffer-pool: ${String(live)} mappings at teardown`);
      super.io_buffer_pool_destroy(pool_in);
    }
  };
}

function retryUnmap(base: PoolClass): PoolClass {
  return class extends base {
    private teardown = false;

    protected override __io_buffer_pool_evict(pool: io_buffer_pool, pool_teardown: boolean): void {
      this.teardown = pool_teardown;
      super.__io_buffer_pool_evict(pool, pool_teardown);
      this.teardown = false;
    }

    protected override io_buffer_pool_free_slot(
      pool: io_buffer_pool,
      klass: io_buffer_class,
      slot: io_buffer_slot,
    ): boolean {
      const iova = this.io_buffer_slot_to_iova(slot, klass);
      if (super.io_buffer_pool_free_slot(pool, klass, slot)) return true;
      // Where nothing was unmapped the buffer is as it was: it goes back, and is tried again in its turn.
      const domain = deref(pool.domain);
      const isWhole = deref(domain.ops).iova_to_phys?.(domain, iova) !== 0;
      if (!isWhole || this.teardown) return false;
      const flags = this.k.locks.spin_lock_irqsave(klass.lock);
      slot.old_cache_entry = false;
      list_add(slot.list, this.io_buffer_class_get_cache(klass, slot.prot));
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
      return false;
    }
  };
}

/** Buffers are cached only while so much of memory is free: one part of this many. */
const FREE_SHARE = 8;

function leaveFree(base: PoolClass): PoolClass {
  return class extends base {
    private readonly pages = this.k.mm.ranges.reduce(
      (sum, { buddy, start_pfn, end_pfn }) => sum + (buddy ? end_pfn - start_pfn : 0),
      0,
    );

    override io_buffer_pool_unmap_buffer(pool_in: object | null, handle: dma_addr_t): boolean {
      const pool = pool_in as io_buffer_pool | null;
      const slot = pool && this.io_buffer_pool_find_buffer(pool, handle);
      const cache =
        slot?.klass && slot.bounce_buffer && this.io_buffer_class_get_cache(slot.klass, slot.prot);
      if (!super.io_buffer_pool_unmap_buffer(pool_in, handle)) return false;
      const free = this.pages - this.k.page_alloc.pages_in_use;
      if (pool && slot?.klass && cache && free * FREE_SHARE < this.pages)
        this.free_oldest(pool, slot.klass, cache);
      return true;
    }

    /** As the worker does with a buffer that is old, and for an unmap that is in an interrupt, too. */
    private free_oldest(
      pool: io_buffer_pool,
      klass: io_buffer_class,
      cache: list_head<io_buffer_slot>,
    ): void {
      let flags = this.k.locks.spin_lock_irqsave(klass.lock);
      const oldest = list_empty(cache) ? null : list_last_entry(cache);
      if (oldest) list_del(oldest.list);
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
      if (!oldest || !this.io_buffer_pool_free_slot(pool, klass, oldest)) return;
      flags = this.k.locks.spin_lock_irqsave(klass.lock);
      list_add(oldest.list, klass.empty_slots);
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
    }
  };
}

interface Waiting {
  readonly gather: iommu_iotlb_gather;
  readonly slots: io_buffer_slot[];
}

function oneFlush(base: PoolClass): PoolClass {
  return class extends base {
    /** Of the pools whose worker is at it. */
    private readonly waiting = new Map<io_buffer_pool, Waiting>();

    protected override __io_buffer_pool_evict(pool: io_buffer_pool, pool_teardown: boolean): void {
      const own: Waiting = { gather: new iommu_iotlb_gather(), slots: [] };
      iommu_iotlb_gather_init(own.gather);
      this.waiting.set(pool, own);
      super.__io_buffer_pool_evict(pool, pool_teardown);
      this.waiting.delete(pool);
      if (own.slots.length === 0) return;
      iommu_iotlb_sync(deref(pool.domain), own.gather);
      // Not before: until the flush the device may still reach the pages at these addresses.
      for (const slot of own.slots) {
        const klass = deref(slot.klass);
        const pages = klass.buffer_size / PAGE_SIZE;
        this.dma_iommu.__iommu_dma_free_pages(deref(slot.bounce_buffer), pages);
        const flags = this.k.locks.spin_lock_irqsave(klass.lock);
        list_add(slot.list, klass.empty_slots);
        this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
      }
    }

    protected override io_buffer_pool_free_slot(
      pool: io_buffer_pool,
      klass: io_buffer_class,
      slot: io_buffer_slot,
    ): boolean {
      const own = this.waiting.get(pool);
      if (!own) return super.io_buffer_pool_free_slot(pool, klass, slot);
      const iova = this.io_buffer_slot_to_iova(slot, klass);
      const iommu = this.iommu as iommu_c;
      const size = klass.buffer_size;
      if (iommu.iommu_unmap_fast(deref(pool.domain), iova, size, own.gather) === size)
        own.slots.push(slot);
      else this.k.log.pr_err('Failed to unmap bounce buffer, leaking buffer.');
      return false; // not free yet
    }
  };
}

export const EVICTION: readonly Fix[] = [
  {
    name: 'free-in-use',
    findings: [20],
    what: 'teardown gives back the buffers that are in use too, and warns',
    overlays: { io_buffer_pool: freeInUse },
  },
  {
    name: 'retry-unmap',
    findings: [21],
    what: 'a buffer that the IOMMU does not unmap goes back into its cache and is tried again',
    overlays: { io_buffer_pool: retryUnmap },
  },
  {
    name: 'leave-free',
    findings: [63],
    what: 'while less than an eighth of memory is free, an unmap gives the oldest idle buffer back',
    overlays: { io_buffer_pool: leaveFree },
  },
  {
    name: 'one-flush',
    findings: [36],
    what: 'one IOTLB flush for all buffers that go at a time',
    overlays: { io_buffer_pool: oneFlush },
  },
];
