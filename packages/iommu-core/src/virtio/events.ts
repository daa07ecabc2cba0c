// SPDX-License-Identifier: GPL-2.0-only
// What happens between a guest's driver and the host's memory, counted, and told to whoever charges time for it.

/** Called at each step, in the order of the steps. Every member is optional; none may call back into the device. */
export interface VirtioHooks {
  /** The driver asks for the device's attention; not every kick leaves the guest. */
  kick?(queue: number): void;
  /** The CPU leaves the guest to notify the device. */
  vmexit?(queue: number): void;
  /** The VMM has taken a request, of a VIRTIO_IOMMU_T_ type, about a domain's number; -1: about none. */
  request?(type: number, domain: number): void;
  /** The VMM has answered it with a VIRTIO_IOMMU_S_ code. */
  reply?(type: number, status: number): void;
  /** VFIO_IOMMU_MAP_DMA begins. */
  ioctlMap?(iova: number, size: number): void;
  /** VFIO_IOMMU_UNMAP_DMA begins. */
  ioctlUnmap?(iova: number, size: number): void;
  /** VFIO's mutex is taken and given back: other ioctls of the container wait in between. */
  mutexLock?(): void;
  mutexUnlock?(): void;
  /** VFIO has pinned, or unpinned, a run of pages. */
  pin?(pages: number): void;
  unpin?(pages: number): void;
  /** The host's IOMMU forgets what it has cached of the container. */
  flush?(): void;
  /** An access of a device found no mapping. */
  fault?(endpoint: number, address: number): void;
  /** The device interrupts the guest. */
  interrupt?(queue: number): void;
}

/** Request types, for counting. */
const TYPES = 6;

/** How often each of the steps happened. */
export class VirtioCounters {
  kicks = 0;
  vmexits = 0;
  /** Requests by VIRTIO_IOMMU_T_ type; unknown types count at 0. */
  readonly requests: number[] = new Array<number>(TYPES).fill(0);
  /** Requests that were not answered with VIRTIO_IOMMU_S_OK. */
  refused = 0;
  ioctlMaps = 0;
  ioctlUnmaps = 0;
  mutexLocks = 0;
  /** Pages, each as often as it was pinned. */
  pins = 0;
  unpins = 0;
  flushes = 0;
  faults = 0;
  interrupts = 0;

  reset(): void {
    this.requests.fill(0);
    this.kicks = this.vmexits = this.refused = this.ioctlMaps = this.ioctlUnmaps = 0;
    this.mutexLocks = this.pins = this.unpins = this.flushes = this.faults = this.interrupts = 0;
  }
}

/** Counters and hooks of one machine: each method counts a step and tells the hook. */
export class VirtioEvents {
  readonly counters = new VirtioCounters();

  constructor(private readonly hooks: VirtioHooks = {}) {}

  kick(queue: number): void {
    this.counters.kicks++;
    this.hooks.kick?.(queue);
  }

  vmexit(queue: number): void {
    this.counters.vmexits++;
    this.hooks.vmexit?.(queue);
  }

  request(type: number, domain: number): void {
    const slot = type < TYPES ? type : 0;
    this.counters.requests[slot] = (this.counters.requests[slot] ?? 0) + 1;
    this.hooks.request?.(type, domain);
  }

  reply(type: number, status: number): void {
    if (status !== 0) this.counters.refused++;
    this.hooks.reply?.(type, status);
  }

  ioctlMap(iova: number, size: number): void {
    this.counters.ioctlMaps++;
    this.hooks.ioctlMap?.(iova, size);
  }

  ioctlUnmap(iova: number, size: number): void {
    this.counters.ioctlUnmaps++;
    this.hooks.ioctlUnmap?.(iova, size);
  }

  mutexLock(): void {
    this.counters.mutexLocks++;
    this.hooks.mutexLock?.();
  }

  mutexUnlock(): void {
    this.hooks.mutexUnlock?.();
  }

  pin(pages: number): void {
    this.counters.pins += pages;
    this.hooks.pin?.(pages);
  }

  unpin(pages: number): void {
    this.counters.unpins += pages;
    this.hooks.unpin?.(pages);
  }

  flush(): void {
    this.counters.flushes++;
    this.hooks.flush?.();
  }

  fault(endpoint: number, address: number): void {
    this.counters.faults++;
    this.hooks.fault?.(endpoint, address);
  }

  interrupt(queue: number): void {
    this.counters.interrupts++;
    this.hooks.interrupt?.(queue);
  }
}
