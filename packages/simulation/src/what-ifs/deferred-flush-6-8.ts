// SPDX-License-Identifier: GPL-2.0-only
// What if the driver flushed lazily, as it does from v6.8 on? Two commits of that version over the port of v5.13:
// "iommu/virtio: Make use of ops->iotlb_sync_map" and "iommu/virtio: Add ops->flush_iotlb_all and enable deferred
// flush". Maps are queued and waited for once per range; unmaps wait for the flush queue.

import { deref, type dma_addr_t } from '@iommu-bounce/linux-shim';
import {
  type iommu_domain,
  to_viommu_domain,
  type viommu_dev,
  type virtio_buf,
  virtio_iommu_c,
} from '@iommu-bounce/iommu-core';

export class virtio_iommu_deferred_flush_6_8 extends virtio_iommu_c {
  /** Nobody looks at the status of a queued request: a MAP that the device refuses is a success here. */
  protected override viommu_send_req(viommu: viommu_dev, map: virtio_buf, len: number): number {
    return this.viommu_add_req(viommu, map, len);
  }

  private viommu_iotlb_sync_map(domain: iommu_domain, _iova: dma_addr_t, _size: number): void {
    const vdomain = to_viommu_domain(domain);

    // Before the domain has an IOMMU, direct mappings for one.
    if (!vdomain.nr_endpoints) return;
    this.viommu_sync_req(deref(vdomain.viommu));
  }

  private viommu_flush_iotlb_all(domain: iommu_domain): void {
    const vdomain = to_viommu_domain(domain);

    if (!vdomain.nr_endpoints) return;
    this.viommu_sync_req(deref(vdomain.viommu));
  }

  /** iotlb_sync_map of v5.13 cannot fail; nor can the driver's. */
  iotlb_sync_map(domain: iommu_domain, iova: dma_addr_t, size: number): void {
    this.viommu_iotlb_sync_map(domain, iova, size);
  }

  flush_iotlb_all(domain: iommu_domain): void {
    this.viommu_flush_iotlb_all(domain);
  }
}
