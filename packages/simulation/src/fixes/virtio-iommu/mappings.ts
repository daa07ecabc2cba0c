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
  type interval_tree_node,
  interval_tree_remove,
  type iommu_domain,
  type iommu_iotlb_gather,
  put_le64,
  to_viommu_domain,
  type viommu_domain,
  type viommu_mapping,
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

/** The mappings that viommu_del_mappings would forget: up to one that it would have to split. */
function found_mappings(
  vdomain: viommu_domain,
  iova: number,
  size: number,
): interval_tree_node<viommu_mapping>[] {
  const last = size === 0 ? U64_MAX : iova + size - 1;
  const found: interval_tree_node<viommu_mapping>[] = [];
  let node = interval_tree_iter_first(vdomain.mappings, iova, last);
  while (node && node.start >= iova) {
    found.push(node);
    node = interval_tree_iter_next(node, iova, last);
  }
  return found;
}

function unmapFirst(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_unmap(
      domain: iommu_domain,
      iova: dma_addr_t,
      size: number,
      _gather: iommu_iotlb_gather,
    ): number {
      const vdomain = to_viommu_domain(domain);
      // Held across both: an attach in between would send a MAP of what was unmapped. Replaying holds it in its requests too.
      const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
      const found = found_mappings(vdomain, iova, size);
      const last = Math.max(-1, ...found.map((node) => node.last));
      const isUnmapped =
        last >= 0 && (vdomain.nr_endpoints === 0 || this.queuesUnmap(vdomain, iova, last));
      let unmapped = 0;
      for (const node of isUnmapped ? found : []) {
        unmapped += node.last - node.start + 1;
        interval_tree_remove(node, vdomain.mappings);
        this.mapping_free(node.owner);
      }
      this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);
      return unmapped;
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
    partly: [55],
    what: 'virtio-iommu first asks the device to unmap all that is found in the range, and then forgets it: where that fails, a caller may try again, and of v5.13 none does',
    overlays: { virtio_iommu: unmapFirst },
  },
];
