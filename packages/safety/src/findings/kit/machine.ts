// SPDX-License-Identifier: GPL-2.0-only
// A small machine of a scenario: the series over the table driver, with or without its pool, with fixes or without.

import { type device, deref, machine, type machine_options } from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { type wire_options, wired } from '@iommu-bounce/dma-iommu/testing';
import {
  type io_buffer_class,
  type io_buffer_class_stats,
  type io_buffer_pool,
  io_buffer_pool_c,
  io_buffer_pool_stats,
} from '@iommu-bounce/io-buffer-pool';
import { type Fix, type PoolClass, PoolView, fixOverlays } from '@iommu-bounce/simulation';

export interface MachineOptions extends Pick<
  wire_options,
  'machine' | 'driver' | 'strict' | 'params' | 'patches'
> {
  /** Slots of each class. Default 4. */
  readonly numSlots?: number;
  /** Bit i enables the class of PAGE_SIZE << i bytes. Default: the series'. */
  readonly classSizes?: number;
  /** How many times as large the pool's buffers are: as with larger pages of the kernel. Default 1. */
  readonly largerBuffers?: number;
  /** CONFIG_SWIOTLB. Default true. */
  readonly swiotlb?: boolean;
}

/** What a column of the table of a scenario stands for. */
export interface Setting {
  /** CONFIG_IOMMU_IO_BUFFER. */
  readonly pool: boolean;
  readonly fixes: readonly Fix[];
}

/** 1 MiB of one node: a scenario's machines are many, and each MiB takes time to clear and to collect. */
export const SMALL: machine_options = { memory: { nodes: [{ lowmem_pages: 256 }] } };

/** The machine, and the verbs of a scenario: plug, buffer, list, map, unmap, read and write as the device. */
export class Machine extends wired {
  constructor({ pool, fixes }: Setting, options: MachineOptions = {}) {
    const {
      machine: parts,
      numSlots = 4,
      classSizes,
      largerBuffers = 1,
      swiotlb = true,
      ...others
    } = options;
    const overlays = fixOverlays(fixes);
    const pool_c = larger(overlays.io_buffer_pool ?? io_buffer_pool_c, largerBuffers);
    super(new machine({ ...SMALL, ...parts }), {
      ...others,
      config: { IOMMU_IO_BUFFER: pool, SWIOTLB: swiotlb },
      pool: (...linked) =>
        new pool_c(...linked, {
          num_slots: numSlots,
          ...(classSizes === undefined ? {} : { class_sizes: classSizes }),
        }),
      overlays: { iova: overlays.iova, dma_iommu: overlays.dma_iommu },
    });
  }

  /** What the DMA API keeps for a domain. */
  cookie(domain: iommu_domain): ReturnType<typeof to_cookie> {
    return to_cookie(domain);
  }

  /** The pool of a domain, or null. */
  poolOf(domain: iommu_domain): io_buffer_pool | null {
    return to_cookie(domain).bounce_buffers as io_buffer_pool | null;
  }

  /** One entry a class; none without a pool. */
  stats(domain: iommu_domain): io_buffer_class_stats[] {
    return io_buffer_pool_stats(this.poolOf(domain));
  }

  /** Whether the address is one of a pool's buffers. */
  bounced(domain: iommu_domain, at: number): boolean {
    return new PoolView(domain).slotOf(at) >= 0;
  }

  /** A page whose bytes are all the same. */
  page(byte: number, order = 0): ReturnType<Machine['buffer']> {
    const p = deref(this.buffer(order));
    this.bytes(p, 4096 << order).fill(byte);
    return p;
  }

  /** The bytes of a page from its first on, as the CPU sees them: a view. */
  bytes(p: ReturnType<Machine['buffer']>, len: number): Uint8Array {
    return this.k.mm.bytes_at(this.phys(p), len);
  }
}

function larger(base: PoolClass, times: number): PoolClass {
  if (times === 1) return base;
  return class extends base {
    override io_buffer_class_init(
      klass: io_buffer_class,
      dev: device,
      domain: iommu_domain,
      buffer_size: number,
    ): number {
      return super.io_buffer_class_init(klass, dev, domain, buffer_size * times);
    }
  };
}
