// SPDX-License-Identifier: GPL-2.0-only
// The host's side of device assignment: guest memory pinned page by page and mapped for one container of devices.
// Behaves as drivers/vfio/vfio_iommu_type1.c of v5.13 does for VFIO_TYPE1v2_IOMMU. See docs/porting.md#virtio-iommu

import {
  EEXIST,
  EFAULT,
  EINVAL,
  ENOMEM,
  ENOSPC,
  type fault_inject_c,
  type mm_c,
  offset_in_page,
  oops,
  PAGE_SIZE,
} from '@iommu-bounce/linux-shim';
import type { VirtioEvents } from './events';
import { type Range, RangeTree } from './range-tree';

export const VFIO_DMA_MAP_FLAG_READ = 1 << 0; // the device may read
export const VFIO_DMA_MAP_FLAG_WRITE = 1 << 1; // the device may write

/** The module parameter's default. */
export const DMA_ENTRY_LIMIT = 65535;

/** Pages of the guest's memory as the host sees them; fault site `vfio_pin`. */
export class PinnedPages {
  private readonly counts: Uint32Array;
  /** Pins held, several of a page counted each. */
  total = 0;

  constructor(
    private readonly mm: mm_c,
    private readonly faults: fault_inject_c,
    private readonly events: VirtioEvents,
  ) {
    this.counts = new Uint32Array(mm.max_pfn);
  }

  /** Memory, that is, and no registers of some device, which are mapped but not pinned. */
  isMemory(pfn: number): boolean {
    return this.mm.pfn_valid(pfn);
  }

  isPinned(pfn: number): boolean {
    return (this.counts[pfn] ?? 0) > 0;
  }

  /** Pins `npages` from `pfn` on, one by one; how many it got, fewer only if the host is out of memory. */
  pin(pfn: number, npages: number): number {
    let got = 0;
    for (; got < npages; got++) {
      if (this.faults.should_fail('vfio_pin')) break;
      this.counts[pfn + got] = (this.counts[pfn + got] ?? 0) + 1;
    }
    this.total += got;
    if (got > 0) this.events.pin(got);
    return got;
  }

  unpin(pfn: number, npages: number): void {
    for (let i = 0; i < npages; i++) {
      const count = this.counts[pfn + i] ?? 0;
      if (count === 0) throw new oops('bug', `page frame ${String(pfn + i)} is not pinned`);
      this.counts[pfn + i] = count - 1;
    }
    this.total -= npages;
    if (npages > 0) this.events.unpin(npages);
  }
}

export interface ContainerOptions {
  /** Mappings at one time. Default 65,535. */
  readonly dmaEntryLimit?: number;
}

/** One container: the address space of the devices of one endpoint. */
export class VfioContainer {
  /** Keyed by address; `flags` is the protection, `pages` what is pinned. C: vfio_iommu.dma_list */
  private readonly dmaList = new RangeTree();
  /** Ranges that no device can be given, as the host's IOMMU has it. */
  private readonly forbidden: { readonly start: number; readonly last: number }[] = [];
  private locked = false;
  /** Mappings that may still be made. */
  dmaAvail: number;

  constructor(
    private readonly pages: PinnedPages,
    private readonly events: VirtioEvents,
    options: ContainerOptions = {},
  ) {
    this.dmaAvail = options.dmaEntryLimit ?? DMA_ENTRY_LIMIT;
  }

  /** Keeps start..last from being mapped. */
  forbid(start: number, last: number): void {
    this.forbidden.push({ start, last });
  }

  /**
   * VFIO_IOMMU_MAP_DMA. All addresses and the size are multiples of the page size.
   * @returns 0, -EINVAL, -EEXIST for an overlap, -ENOSPC at the limit, -ENOMEM, -EFAULT
   */
  map(iova: number, vaddr: number, size: number, flags: number): number {
    this.events.ioctlMap(iova, size);
    if ((flags & (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) === 0) return -EINVAL;
    this.lock();
    const ret = this.mapLocked(iova, vaddr, size, flags);
    this.unlock();
    return ret;
  }

  private mapLocked(iova: number, vaddr: number, size: number, flags: number): number {
    const last = iova + size - 1;
    if (size <= 0 || offset_in_page(size | iova | vaddr)) return -EINVAL;
    if (this.dmaList.find(iova, last) !== null) return -EEXIST;
    if (this.dmaAvail === 0) return -ENOSPC;
    if (this.isForbidden(iova, last)) return -EINVAL;

    // Memory is pinned, registers are not; no mapping is half of each.
    const pfn = vaddr / PAGE_SIZE;
    const npages = size / PAGE_SIZE;
    const memory = this.pages.isMemory(pfn);
    if (memory !== this.pages.isMemory(pfn + npages - 1)) return -EFAULT;
    if (memory) {
      const got = this.pages.pin(pfn, npages);
      if (got < npages) {
        this.pages.unpin(pfn, got);
        return -ENOMEM;
      }
    }
    this.dmaList.add(iova, last, vaddr, flags).pages = memory ? npages : 0;
    this.dmaAvail--;
    return 0;
  }

  private isForbidden(start: number, last: number): boolean {
    for (const range of this.forbidden) if (start <= range.last && last >= range.start) return true;
    return false;
  }

  /**
   * VFIO_IOMMU_UNMAP_DMA: whole mappings only, as many as lie in the range.
   * @returns bytes unmapped; -EINVAL, and nothing is unmapped, if a mapping would be split
   */
  unmap(iova: number, size: number): number {
    this.events.ioctlUnmap(iova, size);
    this.lock();
    const ret = this.unmapLocked(iova, size);
    this.unlock();
    return ret;
  }

  private unmapLocked(iova: number, size: number): number {
    if (size <= 0 || offset_in_page(size | iova)) return -EINVAL;
    const last = iova + size - 1;
    const first = this.dmaList.find(iova, iova);
    if (first !== null && first.start !== iova) return -EINVAL;
    if (first !== null && first.last === last) {
      this.removeDma(first);
      return size;
    }
    const final = this.dmaList.find(last, last);
    if (final !== null && final.last !== last) return -EINVAL;

    let unmapped = 0;
    let dma = this.dmaList.from(iova);
    while (dma !== null && dma.start <= last) {
      const next = this.dmaList.next(dma);
      unmapped += dma.last - dma.start + 1;
      this.removeDma(dma);
      dma = next;
    }
    return unmapped;
  }

  /** Guest memory is one run of the host's, so a mapping is one run to unmap and to flush (deviation 5). C: vfio_remove_dma */
  private removeDma(dma: Range): void {
    const { phys, pages } = dma;
    this.dmaList.remove(dma);
    this.dmaAvail++;
    this.events.flush();
    if (pages > 0) this.pages.unpin(phys / PAGE_SIZE, pages);
  }

  /** Where an access of the device goes, or -1: nothing is mapped there, or not for this. */
  translate(iova: number, need: number): number {
    const dma = this.dmaList.find(iova, iova);
    if (dma === null || (dma.flags & need) !== need) return -1;
    const phys = dma.phys + (iova - dma.start);
    const pfn = Math.floor(phys / PAGE_SIZE);
    if (this.pages.isMemory(pfn) && !this.pages.isPinned(pfn))
      throw new oops('bug', `the host maps page frame ${String(pfn)} and has not pinned it`);
    return phys;
  }

  /** Mappings now. */
  entries(): number {
    return this.dmaList.size;
  }

  /** What is mapped, in order. Cold code only. */
  mappings(): Iterable<Range> {
    return this.dmaList;
  }

  /** One ioctl at a time, whatever guest CPU it is for. */
  private lock(): void {
    if (this.locked) throw new oops('bug', 'VFIO: an ioctl within an ioctl');
    this.locked = true;
    this.events.mutexLock();
  }

  private unlock(): void {
    this.locked = false;
    this.events.mutexUnlock();
  }
}

/** VFIO of one host: the containers of one guest. */
export class Vfio {
  readonly pages: PinnedPages;
  readonly containers = new Set<VfioContainer>();

  constructor(
    mm: mm_c,
    faults: fault_inject_c,
    private readonly events: VirtioEvents,
    private readonly options: ContainerOptions = {},
  ) {
    this.pages = new PinnedPages(mm, faults, events);
  }

  openContainer(): VfioContainer {
    const container = new VfioContainer(this.pages, this.events, this.options);
    this.containers.add(container);
    return container;
  }

  /** Closing unmaps what is left. */
  closeContainer(container: VfioContainer): void {
    for (const dma of [...container.mappings()])
      container.unmap(dma.start, dma.last - dma.start + 1);
    this.containers.delete(container);
  }
}
