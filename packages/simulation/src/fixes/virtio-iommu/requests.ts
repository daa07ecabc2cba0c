// SPDX-License-Identifier: GPL-2.0-only
// Fixes of the requests to a virtio-iommu, and of their replies.

import { EIO, ENOENT, U64_MAX, deref, type device } from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_S_IOERR,
  VIRTIO_IOMMU_S_OK,
  VIRTIO_IOMMU_T_DETACH,
  VIRTIO_IOMMU_T_UNMAP,
  dev_iommu_priv_get,
  interval_tree_iter_first,
  interval_tree_iter_next,
  type iommu_domain,
  type iommu_iotlb_gather,
  to_viommu_domain,
  type viommu_dev,
  type viommu_domain,
  type viommu_endpoint,
  virtio_buf,
  virtio_iommu_req_detach,
  virtio_iommu_req_map,
  virtio_iommu_req_tail,
} from '@iommu-bounce/iommu-core';
import type { Fix, VirtioIommuClass } from '../fix';

/** Where the status of a request of `len` bytes is. */
function statusAt(len: number): number {
  return len - virtio_iommu_req_tail.sizeof + virtio_iommu_req_tail.status;
}

function syncAttached(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_iotlb_sync(domain: iommu_domain, gather: iommu_iotlb_gather): void {
      if (to_viommu_domain(domain).viommu) super.viommu_iotlb_sync(domain, gather);
    }
  };
}

function readReplies(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_add_req(viommu: viommu_dev, buf: virtio_buf, len: number): number {
      const isUnmap = buf.view.getUint32(0, true) === VIRTIO_IOMMU_T_UNMAP;
      const ret = this.viommu_send_req_sync(viommu, buf, len);
      // The device has no such domain: its last endpoint has left meanwhile, and all mappings of it are gone (Virtio 1.2, 5.13.6.6.2).
      return isUnmap && ret === -ENOENT ? 0 : ret;
    }
  };
}

function detach(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_release_device(dev: device): void {
      const fwspec = this.dev_iommu_fwspec_get(dev);
      const vdev = dev_iommu_priv_get(dev) as viommu_endpoint | null;
      if (fwspec?.ops === this && vdev?.vdomain) {
        const len = virtio_iommu_req_detach.sizeof;
        const req = new virtio_buf(len);
        req.view.setUint32(0, VIRTIO_IOMMU_T_DETACH, true);
        req.view.setUint32(virtio_iommu_req_detach.domain, vdev.vdomain.id, true);
        for (const id of fwspec.ids) {
          req.view.setUint32(virtio_iommu_req_detach.endpoint, id, true);
          const ret = this.viommu_send_req_sync(deref(vdev.viommu), req, len);
          this.k.log.WARN_ON(ret !== 0, 'a device was not detached');
        }
        vdev.vdomain.nr_endpoints--;
        vdev.vdomain = null;
      }
      super.viommu_release_device(dev);
    }
  };
}

function unreadIsError(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_send_req_sync(
      viommu: viommu_dev,
      buf: virtio_buf,
      len: number,
    ): number {
      // What the device writes takes its place, if its length is right.
      buf.view.setUint8(statusAt(len), VIRTIO_IOMMU_S_IOERR);
      return super.viommu_send_req_sync(viommu, buf, len);
    }
  };
}

/** Requests that are told of at once. */
const BATCH = 64;

function replayAtOnce(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_replay_mappings(vdomain: viommu_domain): number {
      const bufs = Array.from({ length: BATCH }, () => new virtio_buf(virtio_iommu_req_map.sizeof));
      let used = 0;
      let ret = 0;
      const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
      let node = interval_tree_iter_first(vdomain.mappings, 0, U64_MAX);
      while (node && ret === 0) {
        const { paddr, flags: prot } = node.owner;
        const buf = bufs[used++] as virtio_buf;
        this.fill_map_req(buf, vdomain, node.start, node.last, paddr, prot);
        node = interval_tree_iter_next(node, 0, U64_MAX);
        if (used < BATCH && node) continue;
        ret = this.sendAtOnce(deref(vdomain.viommu), bufs.slice(0, used));
        used = 0;
      }
      this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);
      return ret;
    }

    private sendAtOnce(viommu: viommu_dev, bufs: readonly virtio_buf[]): number {
      const len = virtio_iommu_req_map.sizeof;
      let ret = 0;
      const flags = this.k.locks.spin_lock_irqsave(viommu.request_lock);
      for (const buf of bufs) ret ||= this.__viommu_add_req(viommu, buf, len, true);
      this.__viommu_sync_req(viommu);
      this.k.locks.spin_unlock_irqrestore(viommu.request_lock, flags);
      const isRefused = bufs.some((buf) => buf.view.getUint8(statusAt(len)) !== VIRTIO_IOMMU_S_OK);
      return ret || (isRefused ? -EIO : 0);
    }
  };
}

export const REQUESTS: readonly Fix[] = [
  {
    name: 'sync-attached',
    findings: [56],
    what: 'a domain of virtio-iommu that was never attached is not synced',
    overlays: { virtio_iommu: syncAttached },
  },
  {
    name: 'read-replies',
    findings: [57],
    partly: true,
    what: 'virtio-iommu waits for the reply to each UNMAP, and reports it, save that the domain is gone with its last device: the pool keeps its page; without the pool a driver, whose unmap returns nothing, frees the page all the same',
    overlays: { virtio_iommu: readReplies },
  },
  {
    name: 'detach',
    findings: [58, 80],
    what: 'virtio-iommu detaches a device that goes, as v6.5 does',
    overlays: { virtio_iommu: detach },
  },
  {
    name: 'unread-is-error',
    findings: [59],
    what: 'a request to virtio-iommu counts as failed until its status was read',
    overlays: { virtio_iommu: unreadIsError },
  },
  {
    name: 'replay-at-once',
    findings: [60],
    partly: true,
    what: 'virtio-iommu queues the mappings of a domain and tells the device of 64 at a time; to have none of idle buffers the pool would have to give them back when the last device leaves, of which it is not told',
    overlays: { virtio_iommu: replayAtOnce },
  },
];
