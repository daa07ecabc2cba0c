// SPDX-License-Identifier: GPL-2.0-only
// A machine on which everything that costs time is counted, step by step, while the ported code runs.

import { IO_BUFFER_Y, bootOn, pool_of } from '@iommu-bounce/integration';
import {
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  type VirtioCounters,
  iova_c,
} from '@iommu-bounce/iommu-core';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import {
  DMA_BIT_MASK,
  PAGE_SIZE,
  bus_type,
  device,
  device_dma_parameters,
  type gfp_t,
  type machine,
  mm_c,
  type page,
  page_alloc_c,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
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
  /** Of invalidations that name a range. */
  invalidatedPages: number;
  copies: number;
  copiedBytes: number;
  pagesAllocated: number;
}

export type StepName = keyof StepCounts;

export function noSteps(): StepCounts {
  return {
    ...{ plainCalls: 0, poolCalls: 0, iovaCached: 0, iovaTree: 0, kicks: 0, vmexits: 0 },
    ...{ mapRequests: 0, unmapRequests: 0, ioctlMaps: 0, ioctlUnmaps: 0, flushes: 0 },
    ...{ pins: 0, unpins: 0, tableMaps: 0, tableUnmaps: 0, invalidations: 0, invalidatedPages: 0 },
    ...{ copies: 0, copiedBytes: 0, pagesAllocated: 0 },
  };
}

/** Copies and pages, counted into the machine's steps once it is up. */
class CountedMemory extends mm_c {
  steps: StepCounts | null = null;

  override memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    if (this.steps !== null) {
      this.steps.copies++;
      this.steps.copiedBytes += len;
    }
    super.memcpy(dst, src, len);
  }
}

class CountedPages extends page_alloc_c {
  steps: StepCounts | null = null;

  override alloc_pages_node(nid: number, gfp: gfp_t, order: number): page | null {
    const p = super.alloc_pages_node(nid, gfp, order);
    if (p && this.steps !== null) this.steps.pagesAllocated += 2 ** order;
    return p;
  }
}

/** What the cache of addresses cannot do goes on to the tree, and counts in both. */
class CountedAddresses extends iova_c {
  steps: StepCounts | null = null;

  override alloc_iova_fast(
    ...args: Parameters<iova_c['alloc_iova_fast']>
  ): ReturnType<iova_c['alloc_iova_fast']> {
    if (this.steps !== null) this.steps.iovaCached++;
    return super.alloc_iova_fast(...args);
  }

  override free_iova_fast(...args: Parameters<iova_c['free_iova_fast']>): void {
    if (this.steps !== null) this.steps.iovaCached++;
    super.free_iova_fast(...args);
  }

  override alloc_iova(...args: Parameters<iova_c['alloc_iova']>): ReturnType<iova_c['alloc_iova']> {
    if (this.steps !== null) this.steps.iovaTree++;
    return super.alloc_iova(...args);
  }

  override free_iova(...args: Parameters<iova_c['free_iova']>): void {
    if (this.steps !== null) this.steps.iovaTree++;
    super.free_iova(...args);
  }
}

export class CountingMachine {
  readonly k: machine;
  readonly dev = new device('nvme0');
  /** What happened since `reset`. */
  private readonly steps = noSteps();
  private readonly counters: VirtioCounters | null;
  private readonly emptySlots: () => number;

  /**
   * @param pool with the four patches and the pool built in; else before the series
   * @param frames of reserved memory, from `firstPfn` on, for buffers, at least 2048; there are as many to bounce through
   */
  constructor(iommu: IommuKind, pool: boolean, frames: number) {
    const { steps } = this;
    const bareMetal = iommu === 'bare-metal';
    const on = bootOn(
      bareMetal ? 'table' : 'virtio',
      {
        patches: pool ? 4 : 0,
        config: pool ? IO_BUFFER_Y : '',
        machine: {
          memory: { nodes: [{ lowmem_pages: frames }], reserved_pages: frames },
          parts: { mm: CountedMemory, page_alloc: CountedPages },
        },
        overlays: { iova: CountedAddresses },
      },
      bareMetal
        ? {
            table: {
              map: (_iova, _paddr, size) => (steps.tableMaps += size / PAGE_SIZE),
              unmap: (_iova, size) => {
                steps.tableUnmaps += size / PAGE_SIZE;
                steps.invalidatedPages += size / PAGE_SIZE;
              },
              sync: () => steps.invalidations++,
            },
          }
        : {},
    );
    const { m } = on;
    this.counters = on.virtio?.counters ?? null;
    this.k = m.k;
    this.dev.bus = new bus_type('platform');
    this.dev.dma_mask = DMA_BIT_MASK(64);
    // As the NVMe driver sets it: a list's entry is never split.
    this.dev.dma_parms = new device_dma_parameters();
    this.dev.dma_parms.max_segment_size = 0xffffffff;
    const domain = on.plug(this.dev);
    this.emptySlots = () => {
      const at = pool_of(domain);
      return at ? io_buffer_pool_stats(at).reduce((sum, one) => sum + one.empty, 0) : 0;
    };
    const { iova } = m;
    const { mm, page_alloc } = m.k;
    if (!(
      iova instanceof CountedAddresses &&
      mm instanceof CountedMemory &&
      page_alloc instanceof CountedPages
    ))
      throw new Error('the machine has other parts than it was given');
    for (const part of [iova, mm, page_alloc]) part.steps = steps;
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
