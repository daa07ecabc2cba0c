// SPDX-License-Identifier: GPL-2.0-only
// Fixes of what the driver of virtio-iommu remembers of its mappings.

import {
  EINVAL,
  U64_MAX,
  deref,
  type dma_addr_t,
  type gfp_t,
  type phys_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_T_UNMAP,
  interval_tree_iter_first,
  interval_tree_iter_next,
  type iommu_domain,
  type iommu_iotlb_gather,
  put_le64,
  to_viommu_domain,
  type viommu_domain,
  virtio_buf,
  virtio_iommu_req_unmap,
} from '@iommu-bounce/iommu-core';
import type { Fix, VirtioIommuClass } from '../fix';

function noOverlap(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_map(
      domain: iommu_domain,
      iova: dma_addr_t,
      paddr: phys_addr_t,
      size: number,
      prot: number,
      gfp: gfp_t,
    ): number {
      const vdomain = to_viommu_domain(domain);
      const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
      const older = interval_tree_iter_first(vdomain.mappings, iova, iova + size - 1);
      this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);
      // Before it is added: what is taken back later is then its own.
      if (older) return -EINVAL;
      return super.viommu_map(domain, iova, paddr, size, prot, gfp);
    }
  };
}

function unmapFirst(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    /** The last byte of the mappings that viommu_del_mappings would forget, or -1. */
    private lastOf(vdomain: viommu_domain, iova: number, size: number): number {
      const last = size === 0 ? U64_MAX : iova + size - 1;
      let found = -1;
      const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
      let node = interval_tree_iter_first(vdomain.mappings, iova, last);
      while (node && node.start >= iova) {
        found = Math.max(found, node.last);
        node = interval_tree_iter_next(node, iova, last);
      }
      this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);
      return found;
    }

    protected override viommu_unmap(
      domain: iommu_domain,
      iova: dma_addr_t,
      size: number,
      _gather: iommu_iotlb_gather,
    ): number {
      const vdomain = to_viommu_domain(domain);
      const last = this.lastOf(vdomain, iova, size);
      if (last < 0) return 0;
      if (vdomain.nr_endpoints > 0 && !this.queuesUnmap(vdomain, iova, last)) return 0;
      return this.viommu_del_mappings(vdomain, iova, size);
    }

    private queuesUnmap(vdomain: viommu_domain, iova: number, last: number): boolean {
      const unmap = new virtio_buf(virtio_iommu_req_unmap.sizeof);
      unmap.view.setUint32(0, VIRTIO_IOMMU_T_UNMAP, true);
      unmap.view.setUint32(virtio_iommu_req_unmap.domain, vdomain.id, true);
      put_le64(unmap.view, virtio_iommu_req_unmap.virt_start, iova);
      put_le64(unmap.view, virtio_iommu_req_unmap.virt_end, last);
      const viommu = deref(vdomain.viommu);
      return this.viommu_add_req(viommu, unmap, virtio_iommu_req_unmap.sizeof) === 0;
    }
  };
}

export const MAPPINGS: readonly Fix[] = [
  {
    name: 'no-overlap',
    findings: [53],
    what: 'virtio-iommu refuses a map that meets an older one before it remembers it',
    overlays: { virtio_iommu: noOverlap },
  },
  {
    name: 'unmap-first',
    findings: [54, 55],
    what: 'virtio-iommu first asks the device to unmap all that is found in the range, and then forgets it',
    overlays: { virtio_iommu: unmapFirst },
  },
];
