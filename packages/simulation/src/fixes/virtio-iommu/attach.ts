// SPDX-License-Identifier: GPL-2.0-only
// The fix of a domain of virtio-iommu that its device leaves, or comes back to. The explorer of schedules runs this text too.

import { deref, type device, dev_name } from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_T_ATTACH,
  dev_iommu_priv_get,
  type iommu_domain,
  to_viommu_domain,
  type viommu_endpoint,
  virtio_iommu_req_attach,
} from '@iommu-bounce/iommu-core';
import type { Fix, VirtioIommuClass } from '../fix';

const EXDEV = 18;

/**
 * viommu_attach_dev that counts an endpoint as long as the device may reach its mappings: out of the old domain when the
 * device has answered, into the new one before mappings are replayed. For unmaps that run meanwhile; a map, which no driver makes then,
 * would have to learn the count in the lock under which it enters the tree.
 */
export function countAnswered(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_attach_dev(domain: iommu_domain, dev: device): number {
      const fwspec = deref(this.dev_iommu_fwspec_get(dev));
      const vdev = deref(dev_iommu_priv_get(dev)) as viommu_endpoint;
      const vdomain = to_viommu_domain(domain);
      let ret = 0;

      this.k.locks.mutex_lock(vdomain.mutex);
      if (!vdomain.viommu) {
        ret = this.viommu_domain_finalise(vdev, domain);
      } else if (vdomain.viommu !== vdev.viommu) {
        this.k.log.pr_err(`${dev_name(dev)}: cannot attach to foreign vIOMMU`);
        ret = -EXDEV;
      }
      this.k.locks.mutex_unlock(vdomain.mutex);
      if (ret) return ret;

      const req = this.push_buf();
      req.view.setUint32(0, VIRTIO_IOMMU_T_ATTACH, true);
      req.view.setUint32(virtio_iommu_req_attach.domain, vdomain.id, true);
      req.bytes.fill(0, virtio_iommu_req_attach.reserved, virtio_iommu_req_attach.sizeof);
      for (let i = 0; i < fwspec.num_ids && ret === 0; i++) {
        req.view.setUint32(virtio_iommu_req_attach.endpoint, fwspec.ids[i] ?? 0, true);
        ret = this.viommu_send_req_sync(deref(vdomain.viommu), req, virtio_iommu_req_attach.sizeof);
      }
      this.pop_buf();
      // The device may still be in its old domain, which goes on counting it.
      if (ret) return ret;

      // Counted once: if the replay fails, the next attach does not lower it again.
      if (vdev.vdomain) vdev.vdomain.nr_endpoints--;
      vdev.vdomain = null;

      // Before the replay: what is unmapped behind it is asked for, and what is unmapped before it is not in the tree.
      vdomain.nr_endpoints++;
      if (vdomain.nr_endpoints === 1) {
        ret = this.viommu_replay_mappings(vdomain);
        if (ret) {
          vdomain.nr_endpoints--;
          return ret;
        }
      }
      vdev.vdomain = vdomain;
      return 0;
    }
  };
}

export const ATTACH: readonly Fix[] = [
  {
    name: 'count-answered',
    findings: [75],
    what: 'virtio-iommu counts a device out of its old domain when ATTACH is answered, and into the new one before mappings are replayed',
    overlays: { virtio_iommu: countAnswered },
  },
];
