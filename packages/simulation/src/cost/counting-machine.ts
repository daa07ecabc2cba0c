// SPDX-License-Identifier: GPL-2.0-only
// A machine on which everything that costs time is counted, step by step, while the ported code runs.

import { IO_BUFFER_Y, boot, plug, pool_of } from '@iommu-bounce/integration';
import { type VirtioCounters, type iova_c, new_virtio_iommu } from '@iommu-bounce/iommu-core';
import { table_driver } from '@iommu-bounce/iommu-core/testing';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import { DMA_BIT_MASK, bus_type, device, type machine } from '@iommu-bounce/linux-shim';
import type { IommuKind } from './presets';

/** How often each step happened. Bytes and pages are of 4 KiB pages, everything else is events. */
export interface StepCounts {
  /** Calls that reached the IOMMU core, and calls that the pool served. */
  plainCalls: number;
  poolCalls: number;
  /** Address ranges allocated or released: through the CPU's cache, and in the tree. */
  iovaCached: number;
  iovaTree: number;
  kicks: number;
  vmexits: number;
  mapRequests: number;
  unmapRequests: number;
  ioctlMaps: number;
  ioctlUnmaps: number;
  /** VFIO mappings unmapped; each one flushes. */
  flushes: number;
  pins: number;
  unpins: number;
  /** Bare metal: pages written into the table and cleared, and invalidations waited for. */
  tableMaps: number;
  tableUnmaps: number;
  invalidations: number;
  copies: number;
  copiedBytes: number;
  pagesAllocated: number;
}

export type StepName = keyof StepCounts;

export function noSteps(): StepCounts {
  return {
    ...{ plainCalls: 0, poolCalls: 0, iovaCached: 0, iovaTree: 0, kicks: 0, vmexits: 0 },
    ...{ mapRequests: 0, unmapRequests: 0, ioctlMaps: 0, ioctlUnmaps: 0, flushes: 0 },
    ...{ pins: 0, unpins: 0, tableMaps: 0, tableUnmaps: 0, invalidations: 0 },
    ...{ copies: 0, copiedBytes: 0, pagesAllocated: 0 },
  };
}

const VIRTIO_IOMMU_T_MAP = 3;
const VIRTIO_IOMMU_T_UNMAP = 4;

export class CountingMachine {
  readonly k: machine;
  readonly dev = new device('nvme0');
  /** What happened since `reset`. */
  private readonly steps = noSteps();
  private counters: VirtioCounters | null = null;
  private readonly emptySlots: () => number;

  /**
   * @param pool with the four patches and the pool built in; else before the series
   * @param frames of reserved memory, from `firstPfn` on, for buffers
   */
  constructor(iommu: IommuKind, pool: boolean, frames: number) {
    let endpoint: ((dev: device) => void) | undefined;
    const { steps } = this;
    const m = boot({
      patches: pool ? 4 : 0,
      config: pool ? IO_BUFFER_Y : '',
      machine: { memory: { nodes: [{ lowmem_pages: 8192 }], reserved_pages: frames } },
      driver: (k, core, dma) => {
        if (iommu === 'bare-metal')
          return new table_driver(
            k,
            core,
            dma,
            {},
            {
              map: (_iova, _paddr, size) => (steps.tableMaps += size / 4096),
              unmap: (_iova, size) => (steps.tableUnmaps += size / 4096),
              sync: () => steps.invalidations++,
            },
          );
        const v = new_virtio_iommu(k, core, dma);
        this.counters = v.counters;
        endpoint = (dev) => {
          v.add_endpoint(dev, 1);
        };
        return v.driver;
      },
    });
    this.k = m.k;
    this.dev.bus = new bus_type('platform');
    this.dev.dma_mask = DMA_BIT_MASK(64);
    endpoint?.(this.dev);
    const domain = plug(m, this.dev);
    this.emptySlots = () => {
      const at = pool_of(domain);
      return at ? io_buffer_pool_stats(at).reduce((sum, one) => sum + one.empty, 0) : 0;
    };

    this.countAddresses(m.iova);
    this.countMemory();
  }

  private countAddresses(iova: iova_c): void {
    const { steps } = this;
    const allocFast = iova.alloc_iova_fast.bind(iova);
    const freeFast = iova.free_iova_fast.bind(iova);
    const alloc = iova.alloc_iova.bind(iova);
    const free = iova.free_iova.bind(iova);
    iova.alloc_iova_fast = (...args) => {
      steps.iovaCached++;
      return allocFast(...args);
    };
    iova.free_iova_fast = (...args) => {
      steps.iovaCached++;
      freeFast(...args);
    };
    iova.alloc_iova = (...args) => {
      steps.iovaTree++;
      return alloc(...args);
    };
    iova.free_iova = (...args) => {
      steps.iovaTree++;
      free(...args);
    };
  }

  private countMemory(): void {
    const { steps } = this;
    const { mm, page_alloc } = this.k;
    const memcpy = mm.memcpy.bind(mm);
    mm.memcpy = (dst, src, len) => {
      steps.copies++;
      steps.copiedBytes += len;
      memcpy(dst, src, len);
    };
    const allocPages = page_alloc.alloc_pages_node.bind(page_alloc);
    page_alloc.alloc_pages_node = (nid, gfp, order) => {
      const page = allocPages(nid, gfp, order);
      if (page) steps.pagesAllocated += 2 ** order;
      return page;
    };
  }

  get firstPfn(): number {
    return this.k.reserved_pfn;
  }

  /** Slots of the pool without pages: a fill takes one. */
  empty(): number {
    return this.emptySlots();
  }

  reset(): void {
    Object.assign(this.steps, noSteps());
    this.counters?.reset();
  }

  /** @param calls of the DMA API since `reset` */
  counts(calls: number): StepCounts {
    const c = this.counters;
    const { iovaCached, iovaTree } = this.steps;
    return {
      ...this.steps,
      plainCalls: iovaCached,
      poolCalls: calls - iovaCached,
      // What the cache could not do went on to the tree.
      iovaCached: iovaCached - iovaTree,
      kicks: c?.kicks ?? 0,
      vmexits: c?.vmexits ?? 0,
      mapRequests: c?.requests[VIRTIO_IOMMU_T_MAP] ?? 0,
      unmapRequests: c?.requests[VIRTIO_IOMMU_T_UNMAP] ?? 0,
      ioctlMaps: c?.ioctlMaps ?? 0,
      ioctlUnmaps: c?.ioctlUnmaps ?? 0,
      flushes: c?.flushes ?? 0,
      pins: c?.pins ?? 0,
      unpins: c?.unpins ?? 0,
    };
  }
}
