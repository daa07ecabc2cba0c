// SPDX-License-Identifier: GPL-2.0-only
// Fixes of copying: syncs of one entry of a list, syncs that are too long, pages of highmem,
// a field that two CPUs use.

import {
  DMA_MAPPING_ERROR,
  PAGE_SIZE,
  PageHighMem,
  deref,
  type dma_addr_t,
  type dma_data_direction,
  nth_page,
  type page,
  page_to_phys,
  phys_addr_t,
  scatterlist,
  sg_next,
  sg_page,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import { IOMMU_CACHE } from '@iommu-bounce/iommu-core';
import type { io_buffer_class, io_buffer_pool, io_buffer_slot } from '@iommu-bounce/io-buffer-pool';
import type { Fix, PoolClass } from '../fix';

function syncEntry(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_sync_single(
      pool_in: object | null,
      dma_handle: dma_addr_t,
      size: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): boolean {
      const pool = pool_in as io_buffer_pool | null;
      const slot = pool && this.io_buffer_pool_find_buffer(pool, dma_handle);
      const klass = slot?.klass;
      if (!pool || !klass || !(slot.orig_buffer instanceof scatterlist))
        return super.io_buffer_pool_sync_single(pool_in, dma_handle, size, dir, sync_for_cpu);
      // In the buffer the entries lie back to back.
      const from = dma_handle - this.io_buffer_slot_to_iova(slot, klass);
      let start = 0;
      for (let sg: scatterlist | null = slot.orig_buffer; sg; sg = sg_next(sg)) {
        const first = Math.max(from, start);
        const len = Math.min(from + size, start + sg.length) - first;
        if (len > 0) {
          const at = sg.offset + first - start;
          const args = [sg_page(sg), at, len, dir, sync_for_cpu] as const;
          this.io_buffer_pool_do_sync(pool, klass, slot, first, ...args);
        }
        start += sg.length;
      }
      return true;
    }
  };
}

function clampSync(base: PoolClass): PoolClass {
  return class extends base {
    /** Bytes of a slot's page mapping, its offset included. */
    private readonly mapped = new WeakMap<io_buffer_slot, number>();

    protected override io_buffer_pool_map_buffer(
      pool: object | null,
      orig_buffer: page | scatterlist,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const iova = super.io_buffer_pool_map_buffer(pool, orig_buffer, size, prot, attrs);
      if (iova === DMA_MAPPING_ERROR) return iova;
      const slot = this.io_buffer_pool_find_buffer(pool as io_buffer_pool, iova);
      if (slot) this.mapped.set(slot, size);
      return iova;
    }

    override io_buffer_pool_sync_single(
      pool: object | null,
      dma_handle: dma_addr_t,
      size: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): boolean {
      const slot = pool && this.io_buffer_pool_find_buffer(pool as io_buffer_pool, dma_handle);
      const end = slot ? this.mapped.get(slot) : undefined;
      if (!slot?.klass || end === undefined)
        return super.io_buffer_pool_sync_single(pool, dma_handle, size, dir, sync_for_cpu);
      const room = Math.max(0, end - (dma_handle - this.io_buffer_slot_to_iova(slot, slot.klass)));
      const isLong = this.k.log.WARN_ON(size > room, 'sync of more than was mapped');
      const bytes = isLong ? room : size;
      return super.io_buffer_pool_sync_single(pool, dma_handle, bytes, dir, sync_for_cpu);
    }
  };
}

function kmapBounce(base: PoolClass): PoolClass {
  return class extends base {
    protected override io_buffer_pool_do_sync(
      pool: io_buffer_pool,
      klass: io_buffer_class,
      slot: io_buffer_slot,
      bounce_offset: number,
      orig_page: page | null,
      orig_offset: number,
      size: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): void {
      if (!orig_page || !slot.bounce_buffer?.some((p) => p && PageHighMem(p))) {
        const args = [orig_page, orig_offset, size, dir, sync_for_cpu] as const;
        super.io_buffer_pool_do_sync(pool, klass, slot, bounce_offset, ...args);
        return;
      }
      const copies = this.io_buffer_needs_sync(dir, sync_for_cpu);
      const isCoherent = (slot.prot & IOMMU_CACHE) !== 0;
      for (let done = 0; done < size;) {
        const [b, o] = [bounce_offset + done, orig_offset + done];
        const len = Math.min(size - done, PAGE_SIZE - (b % PAGE_SIZE), PAGE_SIZE - (o % PAGE_SIZE));
        const bounce = deref(slot.bounce_buffer[Math.floor(b / PAGE_SIZE)]);
        const at = phys_addr_t(page_to_phys(bounce) + (b % PAGE_SIZE));
        if (!isCoherent && sync_for_cpu) this.k.arch.arch_sync_dma_for_cpu(at, len, dir);
        if (copies)
          this.copy(
            bounce,
            b,
            nth_page(orig_page, Math.floor(o / PAGE_SIZE)),
            o,
            len,
            sync_for_cpu,
          );
        if (!isCoherent && !sync_for_cpu) this.k.arch.arch_sync_dma_for_device(at, len, dir);
        done += len;
      }
    }

    private copy(bounce: page, b: number, orig: page, o: number, len: number, out: boolean): void {
      const [there, here] = [this.k.highmem.kmap_atomic(bounce), this.k.highmem.kmap_atomic(orig)];
      const device = virt_addr_t(there + (b % PAGE_SIZE));
      const caller = virt_addr_t(here + (o % PAGE_SIZE));
      if (out) this.k.mm.memcpy(caller, device, len);
      else this.k.mm.memcpy(device, caller, len);
      this.k.highmem.kunmap_atomic(here);
      this.k.highmem.kunmap_atomic(there);
    }
  };
}

function kmapEach(base: PoolClass): PoolClass {
  return class extends base {
    /** Lowmem lies below highmem: what is copied leaves it once at most, and each part is of one kind. */
    protected override io_buffer_pool_do_sync(
      pool: io_buffer_pool,
      klass: io_buffer_class,
      slot: io_buffer_slot,
      bounce_offset: number,
      orig_page: page | null,
      orig_offset: number,
      size: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): void {
      const how = [dir, sync_for_cpu] as const;
      const low = orig_page ? lowmemBytes(orig_page, orig_offset, size) : size;
      if (low > 0) {
        const part = [bounce_offset, orig_page, orig_offset, low] as const;
        super.io_buffer_pool_do_sync(pool, klass, slot, ...part, ...how);
      }
      if (!orig_page || low === size) return;
      const at = orig_offset + low;
      const first = nth_page(orig_page, Math.floor(at / PAGE_SIZE));
      const part = [bounce_offset + low, first, at % PAGE_SIZE, size - low] as const;
      super.io_buffer_pool_do_sync(pool, klass, slot, ...part, ...how);
    }
  };
}

/** How many of these bytes of an original lie in front of highmem. */
function lowmemBytes(p: page, offset: number, size: number): number {
  const isHigh = (n: number): boolean => PageHighMem(nth_page(p, n));
  let bytes = size;
  for (let last: number; bytes > 0; bytes = Math.max(0, last * PAGE_SIZE - offset)) {
    last = Math.floor((offset + bytes - 1) / PAGE_SIZE);
    if (!isHigh(last)) break;
  }
  return bytes;
}

export const SYNCS: readonly Fix[] = [
  {
    name: 'kmap-bounce',
    findings: [7],
    what: 'pages of a buffer in highmem are mapped to be copied',
    overlays: { io_buffer_pool: kmapBounce },
  },
  {
    name: 'kmap-each',
    findings: [79],
    what: 'pages of an original that lie in highmem are mapped to be copied, also where its first page is lowmem',
    overlays: { io_buffer_pool: kmapEach },
  },
  {
    name: 'sync-entry',
    findings: [24],
    what: 'a sync of an address in a list’s buffer copies the entries that lie there',
    overlays: { io_buffer_pool: syncEntry },
  },
  {
    name: 'clamp-sync',
    findings: [26],
    what: 'a sync of more than was mapped warns, and copies what was mapped',
    overlays: { io_buffer_pool: clampSync },
  },
  {
    name: 'mark-owner',
    findings: [69],
    what: 'orig_buffer of a slot is read with READ_ONCE and written with WRITE_ONCE',
    overlays: {},
    marks: ['io_buffer_slot.orig_buffer'],
  },
];
