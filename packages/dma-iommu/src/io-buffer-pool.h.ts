// SPDX-License-Identifier: GPL-2.0-only
// What dma-iommu.c may call of the bounce-buffer pool, and the stubs for CONFIG_IOMMU_IO_BUFFER=n.
// C: drivers/iommu/io-buffer-pool.h, patch 4/4. See docs/porting.md#io-buffer-poolh-dma-iommuh

import {
  DMA_MAPPING_ERROR,
  type device,
  type dma_addr_t,
  type dma_data_direction,
  type opaque,
  type page,
  type scatterlist,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain, iova_domain } from '@iommu-bounce/iommu-core';

/** Declared here, defined in io-buffer-pool.c: deviation 2. */
export type io_buffer_pool = opaque;

/** Where a pool is kept. JS: the cookie stands for C's `&cookie->bounce_buffers`. */
export interface io_buffer_pool_out {
  bounce_buffers: io_buffer_pool | null;
}

/** CONFIG_IOMMU_IO_BUFFER=y. A null pool is allowed everywhere and means: not bounced. */
export interface io_buffer_pool_h {
  /** Makes a domain's pool, or checks that a further device can use it; 0, -ENOMEM, -ENOSPC or -EFAULT. */
  io_buffer_pool_init(
    dev: device,
    domain: iommu_domain,
    iovad: iova_domain,
    pool: io_buffer_pool_out,
  ): number;
  /** Frees what is cached, the addresses and the pool. */
  io_buffer_pool_destroy(pool: io_buffer_pool | null): void;
  /** Copies `size` bytes of a page mapping; false if the address is not the pool's. */
  io_buffer_pool_sync_single(
    pool: io_buffer_pool | null,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    sync_for_cpu: boolean,
  ): boolean;
  /** Copies a whole list; false if it is not the list that was mapped. */
  io_buffer_pool_sync_sg(
    pool: io_buffer_pool | null,
    sgl: scatterlist,
    nelems: number,
    dir: dma_data_direction,
    sync_for_cpu: boolean,
  ): boolean;
  /** Takes a buffer for `size` bytes at `offset` of a page; DMA_MAPPING_ERROR if there is none. */
  io_buffer_pool_map_page(
    pool: io_buffer_pool | null,
    p: page,
    offset: number,
    size: number,
    prot: number,
    attrs: number,
  ): dma_addr_t;
  /** Takes a buffer for a whole list; number of device segments, 0 if there is none. */
  io_buffer_pool_map_sg(
    pool: io_buffer_pool | null,
    dev: device,
    sg: scatterlist,
    nents: number,
    prot: number,
    attrs: number,
  ): number;
  /** Puts the buffer of an address into the cache; false if it is not the pool's. */
  io_buffer_pool_unmap_buffer(pool: io_buffer_pool | null, handle: dma_addr_t): boolean;
}

/** CONFIG_IOMMU_IO_BUFFER=n: what the C header has instead (deviation 1), and not as `static inline`. */
export class io_buffer_pool_h_stubs implements io_buffer_pool_h {
  io_buffer_pool_init(
    _dev: device,
    _domain: iommu_domain,
    _iovad: iova_domain,
    _pool: io_buffer_pool_out,
  ): number {
    return 0;
  }

  io_buffer_pool_destroy(_pool: io_buffer_pool | null): void {
    // there is none
  }

  io_buffer_pool_sync_single(
    _pool: io_buffer_pool | null,
    _dma_handle: dma_addr_t,
    _size: number,
    _dir: dma_data_direction,
    _sync_for_cpu: boolean,
  ): boolean {
    return false;
  }

  io_buffer_pool_sync_sg(
    _pool: io_buffer_pool | null,
    _sgl: scatterlist,
    _nelems: number,
    _dir: dma_data_direction,
    _sync_for_cpu: boolean,
  ): boolean {
    return false;
  }

  io_buffer_pool_map_page(
    _pool: io_buffer_pool | null,
    _p: page,
    _offset: number,
    _size: number,
    _prot: number,
    _attrs: number,
  ): dma_addr_t {
    return DMA_MAPPING_ERROR;
  }

  io_buffer_pool_map_sg(
    _pool: io_buffer_pool | null,
    _dev: device,
    _sg: scatterlist,
    _nents: number,
    _prot: number,
    _attrs: number,
  ): number {
    return 0;
  }

  io_buffer_pool_unmap_buffer(_pool: io_buffer_pool | null, _handle: dma_addr_t): boolean {
    return false;
  }
}
