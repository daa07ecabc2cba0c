// SPDX-License-Identifier: GPL-2.0-only
// Fixes of calls for a buffer that is not in use: unmapped already, or never mapped.

import { type dma_addr_t, type dma_data_direction } from '@iommu-bounce/linux-shim';
import type { io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import type { Fix, PoolClass } from '../fix';

/**
 * Warns and does nothing, as the plain path does for an address that is not mapped. Of two CPUs that unmap at the same time
 * both can find it in use here: in C the check belongs under the lock of the class.
 */
function inUse(base: PoolClass): PoolClass {
  return class extends base {
    override io_buffer_pool_unmap_buffer(pool: object | null, handle: dma_addr_t): boolean {
      return this.idle(pool, handle) || super.io_buffer_pool_unmap_buffer(pool, handle);
    }

    override io_buffer_pool_sync_single(
      pool: object | null,
      dma_handle: dma_addr_t,
      size: number,
      dir: dma_data_direction,
      sync_for_cpu: boolean,
    ): boolean {
      return (
        this.idle(pool, dma_handle) ||
        super.io_buffer_pool_sync_single(pool, dma_handle, size, dir, sync_for_cpu)
      );
    }

    /** True for a buffer of the pool that nobody has mapped. */
    private idle(pool: object | null, handle: dma_addr_t): boolean {
      const slot = pool && this.io_buffer_pool_find_buffer(pool as io_buffer_pool, handle);
      if (slot?.orig_buffer !== null) return false;
      this.k.log.WARN_ON(true, 'unmap or sync of a bounce buffer that is not in use');
      return true;
    }
  };
}

export const IN_USE: readonly Fix[] = [
  {
    name: 'in-use',
    findings: [22, 23, 25],
    what: 'an unmap or sync of a buffer that is not in use warns and does nothing, as without the pool',
    overlays: { io_buffer_pool: inUse },
  },
];
