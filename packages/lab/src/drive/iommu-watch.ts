// SPDX-License-Identifier: GPL-2.0-only
// Which domain a trace point, a request or a pinned page is about, which it does not say.

import type { device } from '@iommu-bounce/linux-shim';
import type { iommu_domain, iommu_group } from '@iommu-bounce/iommu-core';
import type { DriverWatch, MachineOnIommu } from '@iommu-bounce/integration';
import { type VirtioListener, VirtioWatch } from './virtio-watch';

/** Who hears of iommu:map and iommu:unmap, and for which domain. */
export interface IommuListener extends VirtioListener {
  map(domain: iommu_domain, iova: number, paddr: number, size: number): void;
  unmap(domain: iommu_domain, iova: number, size: number, unmapped: number): void;
  /** One request to the IOMMU: an iommu:map takes as many as it needs pages of the sizes there are. */
  request(domain: iommu_domain): void;
}

/** For `bootOn`: the watch of the driver, and the hooks of virtio-iommu. */
export class IommuWatch implements DriverWatch {
  readonly virtio = new VirtioWatch();
  private listener: IommuListener | null = null;
  private readonly groups = new Map<device, iommu_group>();
  /** The domain that the driver was called for last. */
  private domain: iommu_domain | null = null;

  /** To be called before devices are plugged in. */
  watch({ m, virtio }: MachineOnIommu): void {
    this.virtio.device = virtio;
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

  called(domain: iommu_domain, isRequest: boolean): void {
    this.domain = domain;
    this.virtio.caller = domain;
    if (isRequest) this.listener?.request(domain);
  }

  /** A trace gives the groups, not the bus topology from which a driver derives them. */
  groupOf(dev: device): iommu_group | null {
    return this.groups.get(dev) ?? null;
  }

  /** A device that is to be probed into the group of another one. */
  shareGroup(dev: device, group: iommu_group): void {
    this.groups.set(dev, group);
  }
}
