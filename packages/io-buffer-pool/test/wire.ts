// SPDX-License-Identifier: GPL-2.0-only
// The test kit of dma-iommu with the real pool in it, and a look into that pool.

import { deref, type machine } from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { type dma_iommu_c, to_cookie } from '@iommu-bounce/dma-iommu';
import * as kit from '@iommu-bounce/dma-iommu/testing';
import {
  type io_buffer_class_stats,
  type io_buffer_pool,
  type io_buffer_pool_params,
  io_buffer_pool_c,
  io_buffer_pool_stats,
} from '@iommu-bounce/io-buffer-pool';

export interface wire_options extends Pick<kit.wire_options, 'machine' | 'driver' | 'strict'> {
  /** Default: four slots a class. */
  readonly params?: io_buffer_pool_params;
  readonly kdump?: boolean;
  /** CONFIG_IOMMU_IO_BUFFER; n: the pool is linked but nobody calls it. Default true. */
  readonly configured?: boolean;
  /** Laid over the port. */
  readonly pool_c?: typeof io_buffer_pool_c;
}

export class wired extends kit.wired {
  declare readonly dma_iommu: dma_iommu_c;
  readonly io_buffer_pool: io_buffer_pool_c;

  constructor(k: machine, options: wire_options = {}) {
    const { configured, kdump, params, pool_c = io_buffer_pool_c, ...others } = options;
    let made: io_buffer_pool_c | null = null;
    super(k, {
      ...others,
      config: { IOMMU_IO_BUFFER: configured ?? true },
      params: { kdump: kdump ?? false },
      pool: (...linked) => (made = new pool_c(...linked, { num_slots: 4, ...params })),
    });
    this.io_buffer_pool = deref<io_buffer_pool_c>(made);
  }

  /** The pool of a domain. */
  pool(domain: iommu_domain): io_buffer_pool {
    return deref(to_cookie(domain).bounce_buffers) as io_buffer_pool;
  }

  stats(domain: iommu_domain): io_buffer_class_stats[] {
    return io_buffer_pool_stats(this.pool(domain));
  }

  /** True if the address is a pool's buffer. */
  bounced(domain: iommu_domain, at: number): boolean {
    return this.pool(domain).classes.some(
      (c) => at >= c.iova_base && at < c.iova_base + c.buffer_size * c.slots.length,
    );
  }
}

/** In a `describe`: machines with a pool that are taken down, then checked for leaks, after each test. */
export function wiring(): kit.wiring_room<wire_options, wired> {
  return kit.wiring_of((k, options?: wire_options) => new wired(k, options));
}
