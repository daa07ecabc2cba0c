// SPDX-License-Identifier: GPL-2.0-only
// Counts everything that costs time on a machine, step by step, while the ported code runs.

import type { MachineOnIommu, overlays } from '@iommu-bounce/integration';
import {
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  type VirtioCounters,
  iova_c,
  type table_listener,
} from '@iommu-bounce/iommu-core';
import {
  type gfp_t,
  type machine_parts,
  mm_c,
  PAGE_SIZE,
  type page,
  page_alloc_c,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';

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

/** One literal: V8 takes a hundred times as long for an object that is spread together of several. */
export function noSteps(): StepCounts {
  return {
    plainCalls: 0,
    poolCalls: 0,
    iovaCached: 0,
    iovaTree: 0,
    kicks: 0,
    vmexits: 0,
    mapRequests: 0,
    unmapRequests: 0,
    ioctlMaps: 0,
    ioctlUnmaps: 0,
    flushes: 0,
    pins: 0,
    unpins: 0,
    tableMaps: 0,
    tableUnmaps: 0,
    invalidations: 0,
    invalidatedPages: 0,
    copies: 0,
    copiedBytes: 0,
    pagesAllocated: 0,
  };
}

/** Adds steps to `to`, so many times. */
export function addSteps(to: StepCounts, from: StepCounts, weight = 1): void {
  for (const name of Object.keys(to) as StepName[]) to[name] += from[name] * weight;
}

/** Copies and pages, counted into the steps once the machine is up. */
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

/** For `machine_options.parts`, and for `overlays`: they count once a StepCounter is connected. */
export const COUNTED_PARTS: Pick<machine_parts, 'mm' | 'page_alloc'> = {
  mm: CountedMemory,
  page_alloc: CountedPages,
};
export const COUNTED_OVERLAYS: Pick<overlays, 'iova'> = { iova: CountedAddresses };

/** Of virtio-iommu, whose own counters never begin anew. */
type VirtioSteps = Pick<
  StepCounts,
  | 'kicks'
  | 'vmexits'
  | 'mapRequests'
  | 'unmapRequests'
  | 'ioctlMaps'
  | 'ioctlUnmaps'
  | 'flushes'
  | 'pins'
  | 'unpins'
>;

export class StepCounter {
  /** Since the last `drain`; plainCalls and poolCalls stay 0: whoever calls knows. */
  private readonly steps = noSteps();
  private counters: VirtioCounters | null = null;
  private readonly seen: VirtioSteps = noSteps();

  /** For `bootOn`, on the table: bare metal, whose page table the driver writes itself. */
  readonly table: table_listener = {
    map: (_iova, _paddr, size) => {
      this.steps.tableMaps += size / PAGE_SIZE;
    },
    unmap: (_iova, size) => {
      this.steps.tableUnmaps += size / PAGE_SIZE;
      this.steps.invalidatedPages += size / PAGE_SIZE;
    },
    sync: () => {
      this.steps.invalidations++;
    },
  };

  /**
   * Begins to count on a machine that was booted with COUNTED_PARTS and COUNTED_OVERLAYS.
   * @throws Error if it has other parts
   */
  connect({ m, virtio }: MachineOnIommu): void {
    const { iova } = m;
    const { mm, page_alloc } = m.k;
    if (
      !(
        iova instanceof CountedAddresses &&
        mm instanceof CountedMemory &&
        page_alloc instanceof CountedPages
      )
    )
      throw new Error('the machine has other parts than it was given');
    for (const part of [iova, mm, page_alloc]) part.steps = this.steps;
    this.counters = virtio?.counters ?? null;
  }

  /** Bytes copied since the last `drain`. */
  get copiedBytes(): number {
    return this.steps.copiedBytes;
  }

  /** Adds what happened since the last time to `to`, and begins anew. */
  drain(to: StepCounts): void {
    const { steps } = this;
    to.iovaCached += steps.iovaCached - steps.iovaTree; // what the cache could not do went on to the tree
    to.iovaTree += steps.iovaTree;
    to.tableMaps += steps.tableMaps;
    to.tableUnmaps += steps.tableUnmaps;
    to.invalidations += steps.invalidations;
    to.invalidatedPages += steps.invalidatedPages;
    to.copies += steps.copies;
    to.copiedBytes += steps.copiedBytes;
    to.pagesAllocated += steps.pagesAllocated;
    steps.iovaCached = steps.iovaTree = 0;
    steps.tableMaps = steps.tableUnmaps = steps.invalidations = steps.invalidatedPages = 0;
    steps.copies = steps.copiedBytes = steps.pagesAllocated = 0;
    if (this.counters) this.drainVirtio(this.counters, to);
  }

  private drainVirtio(c: VirtioCounters, to: StepCounts): void {
    const { seen } = this;
    const maps = c.requests[VIRTIO_IOMMU_T_MAP] ?? 0;
    const unmaps = c.requests[VIRTIO_IOMMU_T_UNMAP] ?? 0;
    to.kicks += c.kicks - seen.kicks;
    to.vmexits += c.vmexits - seen.vmexits;
    to.mapRequests += maps - seen.mapRequests;
    to.unmapRequests += unmaps - seen.unmapRequests;
    to.ioctlMaps += c.ioctlMaps - seen.ioctlMaps;
    to.ioctlUnmaps += c.ioctlUnmaps - seen.ioctlUnmaps;
    to.flushes += c.flushes - seen.flushes;
    to.pins += c.pins - seen.pins;
    to.unpins += c.unpins - seen.unpins;
    seen.kicks = c.kicks;
    seen.vmexits = c.vmexits;
    seen.mapRequests = maps;
    seen.unmapRequests = unmaps;
    seen.ioctlMaps = c.ioctlMaps;
    seen.ioctlUnmaps = c.ioctlUnmaps;
    seen.flushes = c.flushes;
    seen.pins = c.pins;
    seen.unpins = c.unpins;
  }
}
