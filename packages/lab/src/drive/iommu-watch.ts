// SPDX-License-Identifier: GPL-2.0-only
// Looks over the shoulder of a machine's IOMMU driver: which domain a trace point is about, which it does not say.

import type { device } from '@iommu-bounce/linux-shim';
import type { iommu_domain, iommu_group } from '@iommu-bounce/iommu-core';
import type { MachineOnIommu, running_machine } from '@iommu-bounce/integration';
import { type VirtioListener, VirtioWatch } from './virtio-watch';

/** Who hears of iommu:map and iommu:unmap, and for which domain. */
export interface IommuListener extends VirtioListener {
  map(domain: iommu_domain, iova: number, paddr: number, size: number): void;
  unmap(domain: iommu_domain, iova: number, size: number, unmapped: number): void;
  /** One request to the IOMMU: an iommu:map takes as many as it needs pages of the sizes there are. */
  request(domain: iommu_domain): void;
}

export class IommuWatch {
  readonly virtio = new VirtioWatch();
  private listener: IommuListener | null = null;
  private readonly groups = new Map<device, iommu_group>();
  /** The domain that the driver was called for last. */
  private domain: iommu_domain | null = null;

  /** To be called before devices are plugged in. */
  watch({ m, virtio }: MachineOnIommu): void {
    this.virtio.device = virtio;
    this.keepGroups(m);
    this.watchDriver(m);
    m.iommu.set_trace({
      trace_map: (iova, paddr, size) => {
        if (this.domain) this.listener?.map(this.domain, iova, paddr, size);
      },
      trace_unmap: (iova, size, unmapped) => {
        if (this.domain) this.listener?.unmap(this.domain, iova, size, unmapped);
      },
    });
  }

  /** Connects a listener; what happened before is not told. */
  listen(listener: IommuListener): void {
    this.listener = listener;
    this.virtio.listener = listener;
  }

  /** A device that is to be probed into the group of another one. */
  shareGroup(dev: device, group: iommu_group): void {
    this.groups.set(dev, group);
  }

  /** Of a recorded machine the groups are known, and not the topology of its buses, which a driver has them from. */
  private keepGroups({ driver, iommu }: running_machine): void {
    const own = driver.device_group?.bind(driver);
    driver.device_group = (dev) => {
      const shared = this.groups.get(dev);
      return shared ? iommu.iommu_group_ref_get(shared) : (own?.(dev) ?? null);
    };
  }

  /** Callbacks that a driver lacks it has to lack from here on too. */
  private watchDriver({ driver }: running_machine): void {
    const map = driver.map?.bind(driver);
    if (map)
      driver.map = (domain, iova, paddr, size, prot, gfp) => {
        this.enter(domain);
        this.listener?.request(domain);
        return map(domain, iova, paddr, size, prot, gfp);
      };
    const unmap = driver.unmap?.bind(driver);
    if (unmap)
      driver.unmap = (domain, iova, size, gather) => {
        this.enter(domain);
        this.listener?.request(domain);
        return unmap(domain, iova, size, gather);
      };
    const sync = driver.iotlb_sync?.bind(driver);
    if (sync)
      driver.iotlb_sync = (domain, gather) => {
        this.enter(domain);
        sync(domain, gather);
      };
    const syncMap = driver.iotlb_sync_map?.bind(driver);
    if (syncMap)
      driver.iotlb_sync_map = (domain, iova, size) => {
        this.enter(domain);
        syncMap(domain, iova, size);
      };
    const flush = driver.flush_iotlb_all?.bind(driver);
    if (flush)
      driver.flush_iotlb_all = (domain) => {
        this.enter(domain);
        flush(domain);
      };
  }

  private enter(domain: iommu_domain): void {
    this.domain = domain;
    this.virtio.caller = domain;
  }
}
