// SPDX-License-Identifier: GPL-2.0-only
// What leaving the guest costs: each step between the driver and the host's memory, as virtio-iommu's hooks tell it.

import type { VirtioHooks } from '@iommu-bounce/iommu-core';
import { Cause } from './ledger';
import type { Meter } from './meter';
import type { VirtualLock } from './virtual-lock';

export class VirtioCharges implements VirtioHooks {
  private readonly mutex: VirtualLock;

  constructor(private readonly meter: Meter) {
    this.mutex = meter.newLock('vfio_iommu_type1');
  }

  vmexit(): void {
    this.meter.ledger.charge(Cause.vmexit, this.meter.cost.vmexitNs);
  }

  request(): void {
    this.meter.ledger.charge(Cause.vmm, this.meter.cost.vmmRequestNs);
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
    const { stale, ledger } = this.meter;
    this.mutex.give();
    if (this.unmapping) stale.forgets(this.iova, ledger.now);
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
