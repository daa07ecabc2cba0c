// SPDX-License-Identifier: GPL-2.0-only
// What leaving the guest costs: each step between the driver and the host's memory, as virtio-iommu's hooks tell it.

import type { VirtioHooks } from '@iommu-bounce/iommu-core';
import { Cause } from './ledger';
import type { Meter } from './meter';
import type { VirtualLock } from './virtual-lock';

export class VirtioCharges implements VirtioHooks {
  /** Of the container whose ioctls are under way: each device has one, and so has each domain. */
  private mutex: VirtualLock;
  private readonly mutexes = new Map<number, VirtualLock>();
  private domain = -1;

  constructor(private readonly meter: Meter) {
    this.mutex = meter.newLock('vfio_iommu_type1');
  }

  vmexit(): void {
    this.meter.exits++;
    this.meter.ledger.charge(Cause.vmexit, this.meter.cost.vmexitNs);
  }

  request(_type: number, domain: number): void {
    if (domain !== this.domain && domain >= 0) this.turnTo(domain);
    if (domain >= 0) this.meter.core?.turnsTo(domain);
    this.meter.ledger.charge(Cause.vmm, this.meter.cost.vmmRequestNs);
  }

  private turnTo(domain: number): void {
    this.domain = domain;
    let mutex = this.mutexes.get(domain);
    if (!mutex) {
      mutex = this.mutexes.size === 0 ? this.mutex : this.meter.newLock('vfio_iommu_type1');
      this.mutexes.set(domain, mutex);
    }
    this.mutex = mutex;
  }

  /** The fixed part of an ioctl is spent under the container's mutex. */
  ioctlMap(): void {
    this.unmapping = false;
  }

  ioctlUnmap(iova: number): void {
    this.unmapping = true;
    this.iova = iova;
  }
  private unmapping = false;
  private iova = 0;

  mutexLock(): void {
    const { ledger, cost } = this.meter;
    this.mutex.take();
    ledger.charge(Cause.vfio, this.unmapping ? cost.vfioUnmapNs : cost.vfioMapNs);
  }

  mutexUnlock(): void {
    this.mutex.give();
    if (this.unmapping) this.meter.forgets(this.iova);
  }

  pin(pages: number): void {
    this.meter.ledger.charge(Cause.pin, pages * this.meter.cost.pinNs);
  }

  unpin(pages: number): void {
    this.meter.ledger.charge(Cause.unpin, pages * this.meter.cost.unpinNs);
  }

  flush(): void {
    this.meter.ledger.charge(Cause.hostFlush, this.meter.cost.hostFlushNs);
  }
}
