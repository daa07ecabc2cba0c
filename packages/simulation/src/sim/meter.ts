// SPDX-License-Identifier: GPL-2.0-only
// Turns what the ported code does into virtual time: each step it takes is charged for as the cost model says.

import { PAGE_SIZE, type spinlock_t } from '@iommu-bounce/linux-shim';
import type { iommu_trace } from '@iommu-bounce/iommu-core';
import type { CostParameters } from '../cost';
import { Cause, Ledger, Phase } from './ledger';
import { StaleClock } from './stale';
import { Step } from './timeline';
import { VirtualLock } from './virtual-lock';

/** Who hears of what reaches the IOMMU core. */
export interface CoreListener {
  mapped(address: number, bytes: number): void;
  unmapped(address: number, bytes: number): void;
  /** The device of virtio-iommu has a request for a domain, by its number there. */
  turnsTo(domain: number): void;
  /** Mappings that were given back cannot be reached from now on; null: all of them, the IOTLB is emptied. */
  forgotten?(address: number | null): void;
}

export class Meter {
  readonly ledger = new Ledger();
  /** Of the domain that is being dealt with. */
  stale = new StaleClock();
  readonly locks: VirtualLock[] = [];
  /** Pieces and bytes that the kernel copied. */
  copies = 0;
  copiedBytes = 0;
  /** Pages taken from the page allocator. */
  pagesAllocated = 0;
  /** Maps that reached the IOMMU core. */
  coreMaps = 0;
  /** iommu:map and iommu:unmap events. */
  iommuMaps = 0;
  iommuUnmaps = 0;
  /** Allocations and releases of addresses that the CPU's cache, and the tree, served. */
  iovaCached = 0;
  iovaTree = 0;
  /** Times that the guest was left. */
  exits = 0;
  /** Flushes of the IOTLB on bare metal, and pages that they named. */
  flushes = 0;
  flushedPages = 0;
  /** Told of what is unmapped beside all I/Os: the pool's eviction. */
  onEvicted: ((address: number) => void) | null = null;
  /** Told of iommu:map and iommu:unmap, while a machine has several domains. */
  core: CoreListener | null = null;
  private reachedCore = false;
  private treeUses = 0;
  private readonly copyCold: number;
  private readonly copyWarm: number;

  constructor(readonly cost: CostParameters) {
    this.copyCold = 1e9 / cost.copyColdBytesPerS;
    this.copyWarm = 1e9 / cost.copyWarmBytesPerS;
  }

  /** Forgets what booting took. */
  reset(): void {
    this.ledger.reset();
    for (const lock of this.locks) lock.reset();
    this.copies = this.copiedBytes = this.pagesAllocated = 0;
    this.coreMaps = this.iommuMaps = this.iommuUnmaps = 0;
    this.iovaCached = this.iovaTree = this.flushes = this.flushedPages = this.exits = 0;
  }

  /** For iommu_c.set_trace. */
  readonly trace: iommu_trace = {
    trace_map: (iova, _paddr, size) => {
      this.iommuMaps++;
      this.reachedCore = true;
      this.core?.mapped(iova, size);
    },
    trace_unmap: (iova, _size, unmapped) => {
      this.iommuUnmaps++;
      this.reachedCore = true;
      this.core?.unmapped(iova, unmapped);
      if (this.ledger.phase !== Phase.background) return;
      this.ledger.charge(Cause.dmaApi, this.cost.dmaUnmapNs);
      this.onEvicted?.(iova);
    },
  };

  // What the parts of the machine report.

  copied(bytes: number): void {
    const { ledger } = this;
    this.copies++;
    this.copiedBytes += bytes;
    // What a device wrote comes from memory; what the job wrote is in a cache.
    const perByte = ledger.phase === Phase.unmap ? this.copyCold : this.copyWarm;
    ledger.charge(Cause.copy, this.cost.copyFixedNs + bytes * perByte);
  }

  cleared(bytes: number): void {
    this.ledger.charge(Cause.copy, this.cost.copyFixedNs + bytes * this.copyWarm);
  }

  allocated(pages: number): void {
    this.pagesAllocated += pages;
    this.ledger.charge(Cause.pageAlloc, pages * this.cost.pageAllocNs);
  }

  // Locks.

  /** Has a lock of the ported code waited for in virtual time. */
  watch(lock: spinlock_t, name: string, onTaken: (() => void) | null = null): VirtualLock {
    const virtual = this.newLock(name, onTaken);
    lock.watch = virtual;
    return virtual;
  }

  /** One that the ported code does not have. */
  newLock(name: string, onTaken: (() => void) | null = null): VirtualLock {
    const virtual = new VirtualLock(this.locks.length, name, this.ledger, onTaken);
    this.locks.push(virtual);
    return virtual;
  }

  /** The lock of a size class of the pool, under which nearly all of the pool's work is done. */
  watchPool(lock: spinlock_t, name: string): void {
    const { ledger, cost } = this;
    this.watch(lock, name, () => {
      if (ledger.phase === Phase.map) ledger.charge(Cause.pool, cost.poolMapNs);
      else if (ledger.phase === Phase.unmap) ledger.charge(Cause.pool, cost.poolUnmapNs);
    });
  }

  watchSwiotlb(lock: spinlock_t): void {
    this.watch(lock, 'swiotlb', () => {
      this.swiotlbCall();
    });
  }

  /** Finding slots, or giving them back. */
  swiotlbCall(): void {
    const { ledger, cost } = this;
    ledger.charge(
      Cause.swiotlb,
      ledger.phase === Phase.map ? cost.swiotlbMapNs : cost.swiotlbUnmapNs,
    );
  }

  /** The tree of addresses: taken once for each allocation, and each release, that a cache does not serve. */
  watchAddressTree(lock: spinlock_t): void {
    const { ledger, cost } = this;
    this.watch(lock, 'iova tree', () => {
      this.iovaTree++;
      ledger.charge(Cause.iova, cost.iovaTreeNs / 2);
    });
  }

  // Mappings that were given back.

  /** The host forgets what begins at an address. */
  forgets(address: number): void {
    const number = this.stale.forgets(address);
    if (number >= 0) this.gone(number);
    this.core?.forgotten?.(address);
  }

  /** The IOTLB is emptied. */
  forgetsAll(): void {
    for (let number = this.stale.forgetsNext(); number >= 0; number = this.stale.forgetsNext())
      this.gone(number);
    this.core?.forgotten?.(null);
  }

  private gone(number: number): void {
    const { timeline, now } = this.ledger;
    if (timeline === null) {
      this.stale.gone(number, now);
      return;
    }
    if (this.core !== null) timeline.push(Step.domain, this.stale.id);
    timeline.push(Step.gone, number);
  }

  // Calls of the DMA API.

  /** Before a map or unmap; the phase is set. */
  begin(): void {
    this.reachedCore = false;
    this.treeUses = this.iovaTree;
  }

  /** After it: what is charged once for a call. */
  end(): void {
    if (!this.reachedCore) return;
    const { ledger, cost } = this;
    if (ledger.phase === Phase.map) {
      this.coreMaps++;
      ledger.charge(Cause.dmaApi, cost.dmaMapNs);
    } else {
      ledger.charge(Cause.dmaApi, cost.dmaUnmapNs);
    }
    if (this.iovaTree !== this.treeUses) return;
    this.iovaCached++;
    ledger.charge(Cause.iova, cost.iovaCachedNs / 2);
  }

  // Bare metal.

  pagesWritten(bytes: number): void {
    this.ledger.charge(Cause.pageTable, (bytes / PAGE_SIZE) * this.cost.iommuMapPageNs);
  }

  pagesCleared(bytes: number): void {
    this.ledger.charge(Cause.pageTable, (bytes / PAGE_SIZE) * this.cost.iommuUnmapPageNs);
  }
}
