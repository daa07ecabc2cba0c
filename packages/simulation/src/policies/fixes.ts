// SPDX-License-Identifier: GPL-2.0-only
// Fixes of findings (docs/findings.md), off unless asked for: subclasses laid over the ported pool, whose text stays.

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
  sg_next,
  virt_addr_t,
  page_to_virt,
} from '@iommu-bounce/linux-shim';
import { IOMMU_READ } from '@iommu-bounce/iommu-core';
import { type io_buffer_pool, io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import { InputError } from '../errors';

type PoolClass = typeof io_buffer_pool_c;
type PoolArgs = ConstructorParameters<PoolClass>;

export interface Fix {
  readonly name: string;
  /** Number of the finding. */
  readonly finding: number;
  readonly what: string;
  overlay(base: PoolClass): PoolClass;
}

/** Bytes of a list. */
function listBytes(sgl: scatterlist, nents: number): number {
  let bytes = 0;
  for (let i = 0, sg: scatterlist | null = sgl; i < nents && sg; i++, sg = sg_next(sg))
    bytes += sg.length;
  return bytes;
}

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
    const pages = slots[at]?.bounce_buffer;
    if (iova < iova_base || !pages) continue;
    const first = iova - iova_base - at * buffer_size;
    clear(machine, pages, 0, first);
    clear(machine, pages, first + size, buffer_size);
    return;
  }
}

function clear(machine: machine, pages: readonly (page | null)[], from: number, to: number): void {
  for (let at = from; at < to;) {
    const p = pages[Math.floor(at / PAGE_SIZE)];
    const within = at % PAGE_SIZE;
    const n = Math.min(to - at, PAGE_SIZE - within);
    if (p) machine.mm.memset(virt_addr_t(page_to_virt(p) + within), 0, n);
    at += n;
  }
}

function zeroSlack(base: PoolClass): PoolClass {
  return class extends base {
    private readonly machine: machine;

    constructor(...args: PoolArgs) {
      super(...args);
      this.machine = args[0];
    }

    override io_buffer_pool_map_page(
      pool: object | null,
      p: page,
      offset: number,
      size: number,
      prot: number,
      attrs: number,
    ): dma_addr_t {
      const iova = super.io_buffer_pool_map_page(pool, p, offset, size, prot, attrs);
      if (iova !== DMA_MAPPING_ERROR) clearSlack(this.machine, pool as io_buffer_pool, iova, size);
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
          this.machine,
          pool as io_buffer_pool,
          to_dma_addr(sg_dma_address(sgl)),
          listBytes(sgl, nents),
        );
      return mapped;
    }
  };
}

function zeroFill(base: PoolClass): PoolClass {
  return class extends base {
    constructor(...[k, iommu, dma_iommu, params]: PoolArgs) {
      super(
        k,
        iommu,
        {
          __iommu_dma_alloc_iova: (...args) => dma_iommu.__iommu_dma_alloc_iova(...args),
          __iommu_dma_free_iova: (...args) => {
            dma_iommu.__iommu_dma_free_iova(...args);
          },
          __iommu_dma_free_pages: (...args) => {
            dma_iommu.__iommu_dma_free_pages(...args);
          },
          __iommu_dma_alloc_pages: (count, mask, nid, page_gfp, gfp) =>
            dma_iommu.__iommu_dma_alloc_pages(count, mask, nid, page_gfp | __GFP_ZERO, gfp),
        },
        params,
      );
    }
  };
}

export const FIXES: readonly Fix[] = [
  {
    name: 'copy-in',
    finding: 1,
    what: 'every mapping copies towards the device, as swiotlb does since v5.17: a short transfer leaves the rest alone',
    overlay: copyIn,
  },
  {
    name: 'zero-slack',
    finding: 2,
    what: 'what a mapping does not use of its buffer is cleared',
    overlay: zeroSlack,
  },
  {
    name: 'zero-fill',
    finding: 2,
    what: 'pages of a buffer are cleared when it is filled, as in v2 of the series: no old kernel memory shows',
    overlay: zeroFill,
  },
];

/** @throws InputError for a name that is none */
export function fixesNamed(text: string): Fix[] {
  return text.split(',').map((raw) => {
    const found = FIXES.find(({ name }) => name === raw.trim());
    if (!found)
      throw new InputError(
        `fix '${raw.trim()}' is unknown, expected ${FIXES.map(({ name }) => name).join(', ')}`,
      );
    return found;
  });
}

/** The pool's code with fixes on, in their order in FIXES whatever the order they are named in. */
export function fixedPool(fixes: readonly Fix[]): PoolClass {
  return FIXES.filter((fix) => fixes.includes(fix)).reduce<PoolClass>(
    (base, fix) => fix.overlay(base),
    io_buffer_pool_c,
  );
}
