// SPDX-License-Identifier: GPL-2.0-only
// Fixes of which mappings go to the pool, and what is done before.

import {
  DMA_MAPPING_ERROR,
  type device,
  type dma_addr_t,
  type dma_data_direction,
  dma_get_mask,
  min_not_zero,
  type page,
  page_to_phys,
  phys_addr_t,
  type scatterlist,
  dev_is_dma_coherent,
} from '@iommu-bounce/linux-shim';
import type { io_buffer_pool } from '@iommu-bounce/dma-iommu';
import type { io_buffer_pool as pool_struct } from '@iommu-bounce/io-buffer-pool';
import type { DmaIommuClass, Fix, PoolClass } from '../fix';

/** Whether the device can reach all buffers of a pool. */
function reaches(dev: device, pool: object | null): boolean {
  const mask = min_not_zero(dma_get_mask(dev), dev.bus_dma_limit);
  return ((pool as pool_struct | null)?.classes ?? []).every(
    ({ iova_end }) => iova_end - 1 <= mask,
  );
}

/** Pages: the pool does not know their device. */
function maskOfPages(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    /** The device that maps a page just now. */
    private mapper: device | null = null;

    protected override dev_to_io_buffer_pool(dev: device): io_buffer_pool | null {
      const pool = super.dev_to_io_buffer_pool(dev);
      return this.mapper === dev && !reaches(dev, pool) ? null : pool;
    }

    protected override iommu_dma_map_page(
      dev: device,
      p: page,
      offset: number,
      size: number,
      dir: dma_data_direction,
      attrs: number,
    ): dma_addr_t {
      this.mapper = dev;
      const iova = super.iommu_dma_map_page(dev, p, offset, size, dir, attrs);
      this.mapper = null;
      return iova;
    }
  };
}

function maskOfLists(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_map_sg(
      pool: object | null,
      dev: device,
      sgl: scatterlist,
      nents: number,
      prot: number,
      attrs: number,
    ): number {
      if (!reaches(dev, pool)) return 0;
      return super.io_buffer_pool_map_sg(pool, dev, sgl, nents, prot, attrs);
    }
  };
}

function attachFirst(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override iommu_dma_map_page(
      dev: device,
      p: page,
      offset: number,
      size: number,
      dir: dma_data_direction,
      attrs: number,
    ): dma_addr_t {
      const domain = this.iommu.iommu_get_dma_domain(dev);
      if (this.iommu_deferred_attach_enabled && this.iommu.iommu_deferred_attach(dev, domain))
        return DMA_MAPPING_ERROR;
      return super.iommu_dma_map_page(dev, p, offset, size, dir, attrs);
    }
  };
}

/** dma_alloc_pages maps its pages without the pool, as dma_alloc_coherent does. */
function plainPages(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    private allocates = false;

    constructor(...args: ConstructorParameters<DmaIommuClass>) {
      super(...args);
      this.iommu_dma_ops.alloc_pages = (dev, size, handle, dir, gfp) => {
        this.allocates = true;
        const made = this.k.dma.dma_common_alloc_pages(dev, size, handle, dir, gfp);
        this.allocates = false;
        return made;
      };
    }

    protected override iommu_dma_map_page(
      dev: device,
      p: page,
      offset: number,
      size: number,
      dir: dma_data_direction,
      attrs: number,
    ): dma_addr_t {
      if (!this.allocates) return super.iommu_dma_map_page(dev, p, offset, size, dir, attrs);
      const prot = this.dma_info_to_prot(dir, dev_is_dma_coherent(dev), attrs);
      const phys = phys_addr_t(page_to_phys(p) + offset);
      return this.__iommu_dma_map(dev, phys, size, prot, dma_get_mask(dev));
    }
  };
}

export const MAPPING: readonly Fix[] = [
  {
    name: 'plain-pages',
    findings: [5],
    what: 'pages of dma_alloc_pages are mapped as they are',
    overlays: { dma_iommu: plainPages },
  },
  {
    name: 'mask-at-map',
    findings: [15, 14],
    what: 'each map looks at the device’s mask and at the limit of its bus: a device that cannot reach the pool does without it',
    overlays: { dma_iommu: maskOfPages, io_buffer_pool: maskOfLists },
  },
  {
    name: 'attach-first',
    findings: [19],
    what: 'a page mapping attaches a device whose attaching was put off, as a list does',
    overlays: { dma_iommu: attachFirst },
  },
];
