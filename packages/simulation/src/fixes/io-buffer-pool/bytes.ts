// SPDX-License-Identifier: GPL-2.0-only
// Fixes of what the pool shows of bytes: which are copied, and which are cleared.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  __GFP_ZERO,
  type device,
  type dma_addr_t,
  dma_addr_t as to_dma_addr,
  type machine,
  type page,
  type scatterlist,
  sg_dma_address,
  virt_addr_t,
  page_to_phys,
  page_to_virt,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { IOMMU_CACHE, IOMMU_READ } from '@iommu-bounce/iommu-core';
import type { io_buffer_pool, io_buffer_slot } from '@iommu-bounce/io-buffer-pool';
import type { Fix, PoolClass } from '../fix';
import { listBytes } from '../list-entries';
import { overDmaIommu } from './over-dma-iommu';

function copyIn(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_page(
      pool: object | null,
      p: page,
      offset: number,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const iova = super.io_buffer_pool_map_page(pool, p, offset, size, prot, attrs);
      if (iova !== DMA_MAPPING_ERROR && deviceOnlyWrites(prot, attrs))
        this.io_buffer_pool_sync_single(pool, iova, size, DMA_TO_DEVICE, false);
      return iova;
    }

    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      if (mapped > 0 && deviceOnlyWrites(prot, attrs))
        this.io_buffer_pool_sync_sg(pool, sgl, nents, DMA_TO_DEVICE, false);
      return mapped;
    }
  };
}

/** A direction that the series copies nothing for when it maps. */
function deviceOnlyWrites(prot: number, attrs: number): boolean {
  return (prot & IOMMU_READ) === 0 && (attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0;
}

/** Clears a buffer but for its bytes first..first+size-1. */
function clearSlack(machine: machine, pool: io_buffer_pool, iova: dma_addr_t, size: number): void {
  for (const { iova_base, buffer_size, slots } of pool.classes) {
    const at = Math.floor((iova - iova_base) / buffer_size);
    const slot = slots[at];
    if (iova < iova_base || !slot?.bounce_buffer) continue;
    const first = iova - iova_base - at * buffer_size;
    clear(machine, slot, 0, first);
    clear(machine, slot, first + size, buffer_size);
    return;
  }
}

/** Bytes from..to-1 of a buffer; what the caches of the CPU hold of them goes to a device that does not see these. */
function clear(machine: machine, slot: io_buffer_slot, from: number, to: number): void {
  for (let at = from; at < to;) {
    const p = slot.bounce_buffer?.[Math.floor(at / PAGE_SIZE)];
    const within = at % PAGE_SIZE;
    const n = Math.min(to - at, PAGE_SIZE - within);
    if (p) {
      machine.mm.memset(virt_addr_t(page_to_virt(p) + within), 0, n);
      if (!(slot.prot & IOMMU_CACHE))
        machine.arch.arch_sync_dma_for_device(
          phys_addr_t(page_to_phys(p) + within),
          n,
          DMA_TO_DEVICE,
        );
    }
    at += n;
  }
}

function zeroSlack(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_page(
      pool: object | null,
      p: page,
      offset: number,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const iova = super.io_buffer_pool_map_page(pool, p, offset, size, prot, attrs);
      if (iova !== DMA_MAPPING_ERROR) clearSlack(this.k, pool as io_buffer_pool, iova, size);
      return iova;
    }

    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      if (mapped > 0)
        clearSlack(
          this.k,
          pool as io_buffer_pool,
          to_dma_addr(sg_dma_address(sgl)),
          listBytes(sgl, nents),
        );
      return mapped;
    }
  };
}

function zeroFill(base: PoolClass): PoolClass {
  return overDmaIommu(base, (below) => ({
    __iommu_dma_alloc_pages: (count, mask, nid, page_gfp, gfp) =>
      below.__iommu_dma_alloc_pages(count, mask, nid, page_gfp | __GFP_ZERO, gfp),
  }));
}

/** Nothing is copied into such a buffer until its driver syncs, and then a part only. */
function zeroSkipped(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_page(
      pool: object | null,
      p: page,
      offset: number,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const iova = super.io_buffer_pool_map_page(pool, p, offset, size, prot, attrs);
      if (iova !== DMA_MAPPING_ERROR) this.clearSkipped(pool, iova, attrs);
      return iova;
    }

    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      const mapped = super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
      if (mapped > 0) this.clearSkipped(pool, to_dma_addr(sg_dma_address(sgl)), attrs);
      return mapped;
    }

    private clearSkipped(pool: object | null, iova: dma_addr_t, attrs: number): void {
      if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) return;
      const slot = this.io_buffer_pool_find_buffer(pool as io_buffer_pool, iova);
      if (slot?.klass) clear(this.k, slot, 0, slot.klass.buffer_size);
    }
  };
}

function scrub(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_unmap_buffer(pool_in: object | null, handle: dma_addr_t): boolean {
      const pool = pool_in as io_buffer_pool | null;
      const slot = pool && this.io_buffer_pool_find_buffer(pool, handle);
      // What the device can only write it cannot read back, where the IOMMU has a permission to write only.
      if (slot?.klass && slot.bounce_buffer && slot.orig_buffer !== null && slot.prot & IOMMU_READ)
        clear(this.k, slot, 0, slot.klass.buffer_size);
      return super.io_buffer_pool_unmap_buffer(pool_in, handle);
    }
  };
}

export const BYTES: readonly Fix[] = [
  {
    name: 'copy-in',
    findings: [1],
    what: 'every mapping copies towards the device, as swiotlb does since v5.17: a short transfer leaves the rest alone',
    overlays: { io_buffer_pool: copyIn },
  },
  {
    name: 'zero-slack',
    findings: [2],
    what: 'what a mapping does not use of its buffer is cleared',
    overlays: { io_buffer_pool: zeroSlack },
  },
  {
    name: 'zero-fill',
    findings: [2],
    partly: true,
    what: 'pages of a buffer are cleared when it is filled, as in 3/9 of v2: no old kernel memory shows',
    overlays: { io_buffer_pool: zeroFill },
  },
  {
    name: 'scrub',
    findings: [3],
    what: 'a buffer that the device can read is cleared when it is unmapped',
    overlays: { io_buffer_pool: scrub },
  },
  {
    name: 'zero-skipped',
    findings: [72],
    what: 'the buffer of a mapping that its driver syncs is cleared when it is mapped',
    overlays: { io_buffer_pool: zeroSkipped },
  },
];
