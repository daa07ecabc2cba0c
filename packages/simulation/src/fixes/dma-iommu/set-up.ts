// SPDX-License-Identifier: GPL-2.0-only
// Fixes of setting up a domain.

import {
  type device,
  dev_is_pci,
  type dma_addr_t,
  mutex,
  to_pci_dev,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import type { DmaIommuClass, Fix } from '../fix';

function retryPool(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override iommu_dma_init_domain(
      domain: iommu_domain,
      start: dma_addr_t,
      size: number,
      dev: device | null,
    ): number {
      const wasSetUp = domain.iova_cookie !== null && to_cookie(domain).iovad.start_pfn !== 0;
      const ret = super.iommu_dma_init_domain(domain, start, size, dev);
      if (ret !== 0 || !wasSetUp || !dev || !this.config.IOMMU_IO_BUFFER) return ret;
      const cookie = to_cookie(domain);
      if (cookie.bounce_buffers) return 0;
      return this.pool.io_buffer_pool_init(dev, domain, cookie.iovad, cookie);
    }
  };
}

function keepStrict(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    private setsUp = false;

    protected override iommu_dma_init_domain(
      domain: iommu_domain,
      start: dma_addr_t,
      size: number,
      dev: device | null,
    ): number {
      this.setsUp = true;
      const ret = super.iommu_dma_init_domain(domain, start, size, dev);
      this.setsUp = false;
      return ret;
    }

    protected override dev_use_swiotlb(dev: device): boolean {
      return this.setsUp
        ? dev_is_pci(dev) && to_pci_dev(dev).untrusted
        : super.dev_use_swiotlb(dev);
    }
  };
}

/** As v6.0 has it, which keeps the mutex in the cookie. */
function lockSetUp(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    private readonly mutexes = new WeakMap<iommu_domain, mutex>();

    protected override iommu_dma_init_domain(
      domain: iommu_domain,
      start: dma_addr_t,
      size: number,
      dev: device | null,
    ): number {
      const own = this.mutexes.get(domain) ?? new mutex();
      this.mutexes.set(domain, own);
      this.k.locks.mutex_lock(own);
      const ret = super.iommu_dma_init_domain(domain, start, size, dev);
      this.k.locks.mutex_unlock(own);
      return ret;
    }
  };
}

export const DMA_SET_UP: readonly Fix[] = [
  {
    name: 'lock-set-up',
    findings: [67],
    what: 'the addresses and the pool of a domain are set up under a mutex of it, as since v6.0',
    overlays: { dma_iommu: lockSetUp },
  },
  {
    name: 'retry-pool',
    findings: [18],
    what: 'a domain that is set up but has no pool gets one at the next set-up, or fails again',
    overlays: { dma_iommu: retryPool },
  },
  {
    name: 'keep-strict',
    findings: [13],
    what: 'an untrusted device has no flush queue, with swiotlb or without',
    overlays: { dma_iommu: keepStrict },
  },
];
