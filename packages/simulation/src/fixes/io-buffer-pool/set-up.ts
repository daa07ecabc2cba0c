// SPDX-License-Identifier: GPL-2.0-only
// Fixes of making a pool: where it fails, and which addresses it takes.

import type { device } from '@iommu-bounce/linux-shim';
import type { iommu_domain, iova_domain } from '@iommu-bounce/iommu-core';
import type { io_buffer_pool_out } from '@iommu-bounce/dma-iommu';
import type { Fix, PoolClass } from '../fix';
import { overDmaIommu } from './over-dma-iommu';

function poolOptional(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_init(
      dev: device,
      domain: iommu_domain,
      iovad: iova_domain,
      pool_out: io_buffer_pool_out,
    ): number {
      const ret = super.io_buffer_pool_init(dev, domain, iovad, pool_out);
      if (ret === 0 || pool_out.bounce_buffers) return ret;
      this.k.log.pr_warn(`io-buffer-pool: ${String(ret)}; mappings are not bounced`);
      return 0;
    }
  };
}

function aperture(base: PoolClass): PoolClass {
  return overDmaIommu(base, (below) => ({
    __iommu_dma_alloc_iova: (domain, size, limit, dev) => {
      const { force_aperture, aperture_start, aperture_end } = domain.geometry;
      const isOutside = force_aperture && aperture_start > limit;
      return below.__iommu_dma_alloc_iova(domain, size, isOutside ? aperture_end : limit, dev);
    },
  }));
}

export const SET_UP: readonly Fix[] = [
  {
    name: 'aperture',
    findings: [16],
    what: 'in a domain that begins above the device’s mask of set-up, the pool takes addresses from where it begins, if they are enough',
    overlays: { io_buffer_pool: aperture },
  },
  {
    name: 'pool-optional',
    findings: [17, 16, 64, 77],
    what: 'a pool that cannot be made is done without: the device is translated, its mappings are not bounced',
    overlays: { io_buffer_pool: poolOptional },
  },
];
