// SPDX-License-Identifier: GPL-2.0-only
// Fixes of lists: those that the pool should leave to the IOMMU, and how a mapped one is recognised.

import {
  type device,
  type dma_data_direction,
  dma_get_max_seg_size,
  dma_get_min_align_mask,
  dma_get_seg_boundary,
  type page,
  scatterlist,
  and64,
  sg_dma_address,
  sg_next,
  sg_page,
} from '@iommu-bounce/linux-shim';
import type { io_buffer_pool, io_buffer_slot } from '@iommu-bounce/io-buffer-pool';
import type { Fix, PoolClass } from '../fix';
import { invalidateFrom, listBytes } from '../list-entries';

type Refuses = (dev: device, sgl: scatterlist, nents: number, bytes: number) => boolean;

/** A pool that leaves some lists to the IOMMU. */
function leaving(refuses: Refuses): (base: PoolClass) => PoolClass {
  return (base) =>
    class extends base {
      override io_buffer_pool_map_sg(
        pool: object | null,
        dev: device,
        sgl: scatterlist,
        nents: number,
        prot: number,
        attrs: number,
      ): number {
        if (pool && refuses(dev, sgl, nents, listBytes(sgl, nents))) return 0;
        return super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      }
    };
}

/** Whether a segment as the pool cuts it would cross a boundary. A buffer is aligned to its size or to the boundary. */
function crosses(dev: device, bytes: number): boolean {
  const boundary = dma_get_seg_boundary(dev) + 1;
  const most = dma_get_max_seg_size(dev);
  for (let at = 0; at < bytes; at += most) {
    const last = Math.min(at + most, bytes) - 1;
    if (Math.floor(at / boundary) !== Math.floor(last / boundary)) return true;
  }
  return false;
}

function staleEntries(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      if (mapped > 0) invalidateFrom(sgl, nents, mapped);
      return mapped;
    }
  };
}

function ownEntries(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      let behind: scatterlist | null = sgl;
      for (let i = 0; i < nents && behind; i++) behind = sg_next(behind);
      const { dma_address, dma_length } = behind ?? sgl;
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      if (mapped !== nents || !behind) return mapped;
      // As C does with `i < nents` in front of the two assignments.
      behind.dma_address = dma_address;
      behind.dma_length = dma_length;
      return mapped;
    }
  };
}

/** What a list is known by, whatever array its entries stand in. */
interface Known {
  readonly first: page | null;
  readonly offset: number;
  readonly bytes: number;
}

function sameList(base: PoolClass): PoolClass {
  return class extends base {
    private readonly known = new WeakMap<io_buffer_slot, Known>();

    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      const slot =
        mapped > 0
          ? this.io_buffer_pool_find_buffer(pool as io_buffer_pool, sg_dma_address(sgl))
          : null;
      if (slot) {
        const bytes = listBytes(sgl, nents);
        this.known.set(slot, { first: sg_page(sgl), offset: sgl.offset, bytes });
      }
      return mapped;
    }

    override io_buffer_pool_sync_sg(
      pool: object | null,
      sgl: scatterlist,
      nelems: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): boolean {
      if (super.io_buffer_pool_sync_sg(pool, sgl, nelems, dir, sync_for_cpu)) return true;
      const slot =
        pool && this.io_buffer_pool_find_buffer(pool as io_buffer_pool, sg_dma_address(sgl));
      const orig = slot?.orig_buffer;
      if (!slot || !(orig instanceof scatterlist)) return false;
      const known = this.known.get(slot);
      const isSame =
        known?.first === sg_page(sgl) &&
        known.offset === sgl.offset &&
        known.bytes === listBytes(sgl, nelems);
      if (!isSame) return false;
      slot.orig_buffer = sgl;
      super.io_buffer_pool_sync_sg(pool, sgl, nelems, dir, sync_for_cpu);
      slot.orig_buffer = orig;
      return true;
    }
  };
}

function allEntries(base: PoolClass): PoolClass {
  return class extends base {
    /** Entries of a slot's list. */
    private readonly entries = new WeakMap<io_buffer_slot, number>();

    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      const slot =
        mapped > 0
          ? this.io_buffer_pool_find_buffer(pool as io_buffer_pool, sg_dma_address(sgl))
          : null;
      if (slot) this.entries.set(slot, nents);
      return mapped;
    }

    override io_buffer_pool_sync_sg(
      pool: object | null,
      sgl: scatterlist,
      nelems: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): boolean {
      const slot =
        pool && this.io_buffer_pool_find_buffer(pool as io_buffer_pool, sg_dma_address(sgl));
      const entries = slot?.orig_buffer === sgl ? this.entries.get(slot) : undefined;
      return super.io_buffer_pool_sync_sg(pool, sgl, entries ?? nelems, dir, sync_for_cpu);
    }
  };
}

export const LISTS: readonly Fix[] = [
  {
    name: 'same-list',
    findings: [6, 9],
    what: 'a list is known by its first page, offset and bytes, not by its address: a copy of it is synced too',
    overlays: { io_buffer_pool: sameList },
  },
  {
    name: 'all-entries',
    findings: [81],
    what: 'a sync or unmap of a list copies the entries that were mapped, whatever number it is given',
    overlays: { io_buffer_pool: allEntries },
  },
  {
    name: 'stale-entries',
    findings: [11],
    what: 'all entries behind the last segment are invalidated, not one',
    overlays: { io_buffer_pool: staleEntries },
  },
  {
    name: 'own-entries',
    findings: [70],
    what: 'the entry behind the last segment is invalidated only if it is one of the list',
    overlays: { io_buffer_pool: ownEntries },
  },
  {
    name: 'empty-list',
    findings: [27],
    what: 'a list without bytes takes no slot',
    overlays: { io_buffer_pool: leaving((_dev, _sgl, _nents, bytes) => bytes === 0) },
  },
  {
    name: 'long-list',
    findings: [28],
    what: 'a list of 4 GiB and more is left to the IOMMU',
    overlays: { io_buffer_pool: leaving((_dev, _sgl, _nents, bytes) => bytes >= 2 ** 32) },
  },
  {
    name: 'few-entries',
    findings: [29],
    what: 'a list that needs more segments than it has entries is left to the IOMMU',
    overlays: {
      io_buffer_pool: leaving(
        (dev, _sgl, nents, bytes) => Math.ceil(bytes / dma_get_max_seg_size(dev)) > nents,
      ),
    },
  },
  {
    name: 'seg-boundary',
    findings: [33],
    what: 'a list of which a segment would cross a boundary is left to the IOMMU',
    overlays: { io_buffer_pool: leaving((dev, _sgl, _nents, bytes) => crosses(dev, bytes)) },
  },
  {
    name: 'keep-offset',
    findings: [34],
    what: 'a list that begins inside the device’s alignment is left to the IOMMU, which keeps the offset',
    overlays: {
      io_buffer_pool: leaving((dev, sgl) => and64(sgl.offset, dma_get_min_align_mask(dev)) !== 0),
    },
  },
];
