// SPDX-License-Identifier: GPL-2.0-only
// Fixes of classes that are full, and of searches and reservations that are too long.

import {
  DMA_MAPPING_ERROR,
  PAGE_SIZE,
  type dma_addr_t,
  list_add,
  list_del,
  list_empty,
  list_head,
  list_last_entry,
  nth_page,
  type page,
  type scatterlist,
} from '@iommu-bounce/linux-shim';
import { IOMMU_READ, IOMMU_WRITE } from '@iommu-bounce/iommu-core';
import type { io_buffer_class, io_buffer_pool, io_buffer_slot } from '@iommu-bounce/io-buffer-pool';
import type { Fix, PoolClass } from '../fix';

function nextClass(base: PoolClass): PoolClass {
  return class extends base {
    protected override io_buffer_pool_map_buffer(
      pool_in: object | null,
      orig_buffer: page | scatterlist,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      let asked = size;
      for (const { buffer_size } of (pool_in as io_buffer_pool | null)?.classes ?? []) {
        if (asked > buffer_size) continue;
        const iova = super.io_buffer_pool_map_buffer(pool_in, orig_buffer, asked, prot, attrs);
        if (iova !== DMA_MAPPING_ERROR) return iova;
        asked = buffer_size + 1; // of the next larger class
      }
      return DMA_MAPPING_ERROR;
    }
  };
}

function takeIdle(base: PoolClass): PoolClass {
  return class extends base {
    protected override io_buffer_pool_map_buffer(
      pool_in: object | null,
      orig_buffer: page | scatterlist,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const iova = super.io_buffer_pool_map_buffer(pool_in, orig_buffer, size, prot, attrs);
      const pool = pool_in as io_buffer_pool | null;
      const klass = pool?.classes.find(({ buffer_size }) => size <= buffer_size);
      if (iova !== DMA_MAPPING_ERROR || !pool || !klass || !this.emptied(pool, klass)) return iova;
      return super.io_buffer_pool_map_buffer(pool_in, orig_buffer, size, prot, attrs);
    }

    /** Makes the buffer that was idle longest in the first cache that has any an empty slot; false if there is none, or a slot was empty anyway. */
    private emptied(pool: io_buffer_pool, klass: io_buffer_class): boolean {
      let flags = this.k.locks.spin_lock_irqsave(klass.lock);
      const cache = list_empty(klass.empty_slots)
        ? klass.cached_slots.find((list) => !list_empty(list))
        : undefined;
      const slot = cache ? list_last_entry(cache) : null;
      if (slot) list_del(slot.list);
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
      if (!slot || !this.io_buffer_pool_free_slot(pool, klass, slot)) return false;
      flags = this.k.locks.spin_lock_irqsave(klass.lock);
      list_add(slot.list, klass.empty_slots);
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
      return true;
    }
  };
}

type slot_list = list_head<io_buffer_slot>;

/** The lists of a class for one privilege and cacheability. */
type Lists = readonly slot_list[];

function cacheEachProt(base: PoolClass): PoolClass {
  return class extends base {
    /** By what a permission has beside read and write; the first that a class sees has its own lists. */
    private readonly lists = new WeakMap<io_buffer_class, Map<number, Lists>>();

    private listsOf(klass: io_buffer_class): Map<number, Lists> {
      const found = this.lists.get(klass);
      if (found) return found;
      const made = new Map<number, Lists>();
      this.lists.set(klass, made);
      return made;
    }

    protected override io_buffer_class_get_cache(klass: io_buffer_class, prot: number): slot_list {
      const own = super.io_buffer_class_get_cache(klass, prot);
      const others = prot & ~(IOMMU_READ | IOMMU_WRITE);
      const lists = this.listsOf(klass);
      let found = lists.get(others);
      if (!found) {
        found =
          lists.size === 0
            ? [...klass.cached_slots]
            : klass.cached_slots.map(() => new list_head());
        lists.set(others, found);
      }
      return found[klass.cached_slots.indexOf(own)] ?? own;
    }

    protected override __io_buffer_pool_evict(pool: io_buffer_pool, pool_teardown: boolean): void {
      const most = Math.max(1, ...pool.classes.map((klass) => this.listsOf(klass).size));
      // The worker knows a class's three lists: it is shown those of each permission in turn.
      for (let i = 0; i < most; i++) {
        const shown = pool.classes.map((klass) => {
          const own = [...klass.cached_slots];
          const some = [...this.listsOf(klass).values()][i];
          const nothing = own.map(() => new list_head<io_buffer_slot>());
          klass.cached_slots.splice(0, own.length, ...(some ?? (i === 0 ? own : nothing)));
          return own;
        });
        super.__io_buffer_pool_evict(pool, pool_teardown);
        for (const [n, own] of shown.entries())
          pool.classes[n]?.cached_slots.splice(0, own.length, ...own);
      }
    }
  };
}

function pageOffset(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_page(
      pool: object | null,
      p: page,
      offset: number,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const within = offset % PAGE_SIZE;
      const first = within === offset ? p : nth_page(p, (offset - within) / PAGE_SIZE);
      return super.io_buffer_pool_map_page(pool, first, within, size, prot, attrs);
    }
  };
}

/** The IOMMU gives it an address that nothing else has. */
function emptyPage(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_page(
      pool: object | null,
      p: page,
      offset: number,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      if (size === 0) return DMA_MAPPING_ERROR;
      return super.io_buffer_pool_map_page(pool, p, offset, size, prot, attrs);
    }
  };
}

function exactRange(base: PoolClass): PoolClass {
  return class extends base {
    protected override reserved_size(buffer_size: number): number {
      return buffer_size * this.num_slots;
    }
  };
}

export const LIMITS: readonly Fix[] = [
  {
    name: 'next-class',
    findings: [30],
    what: 'a full class is helped out by the next larger one',
    overlays: { io_buffer_pool: nextClass },
  },
  {
    name: 'take-idle',
    findings: [31],
    what: 'a full class unmaps the oldest buffer of the first cache that has one (what the device reads, writes, both), and takes its slot',
    overlays: { io_buffer_pool: takeIdle },
  },
  {
    name: 'cache-each-prot',
    findings: [32],
    what: 'a cache for each permission, privilege and cacheability included: the first entry fits',
    overlays: { io_buffer_pool: cacheEachProt },
  },
  {
    name: 'exact-range',
    findings: [35],
    what: 'addresses are reserved for the slots that there are',
    overlays: { io_buffer_pool: exactRange },
  },
  {
    name: 'page-offset',
    findings: [71],
    what: 'a page mapping is bounced from the page on in which it begins',
    overlays: { io_buffer_pool: pageOffset },
  },
  {
    name: 'empty-page',
    findings: [76],
    what: 'a page mapping of no bytes takes no buffer: it is left to the IOMMU',
    overlays: { io_buffer_pool: emptyPage },
  },
];
