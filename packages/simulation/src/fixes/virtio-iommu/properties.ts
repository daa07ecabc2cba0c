// SPDX-License-Identifier: GPL-2.0-only
// Fixes of how properties of a device behind virtio-iommu are read.

import { EINVAL } from '@iommu-bounce/linux-shim';
import {
  get_le64,
  type viommu_endpoint,
  type virtio_buf,
  virtio_iommu_probe_resv_mem,
  virtio_iommu_req_tail,
} from '@iommu-bounce/iommu-core';
import type { Fix, VirtioIommuClass } from '../fix';

const EOVERFLOW = 75;

function checkLength(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_add_resv_mem(
      vdev: viommu_endpoint,
      probe: virtio_buf,
      at: number,
      len: number,
    ): number {
      const end = probe.size - virtio_iommu_req_tail.sizeof;
      if (len < virtio_iommu_probe_resv_mem.sizeof || at + len > end) return -EINVAL;
      return super.viommu_add_resv_mem(vdev, probe, at, len);
    }
  };
}

function endBelow(base: VirtioIommuClass): VirtioIommuClass {
  return class extends base {
    protected override viommu_add_resv_mem(
      vdev: viommu_endpoint,
      probe: virtio_buf,
      at: number,
      len: number,
    ): number {
      const { start, end, sizeof } = virtio_iommu_probe_resv_mem;
      if (
        at + sizeof <= probe.size &&
        get_le64(probe.view, at + end) < get_le64(probe.view, at + start)
      )
        return -EOVERFLOW;
      return super.viommu_add_resv_mem(vdev, probe, at, len);
    }
  };
}

export const PROPERTIES: readonly Fix[] = [
  {
    name: 'end-below',
    findings: [62],
    what: 'virtio-iommu refuses a reserved region that ends below its start',
    overlays: { virtio_iommu: endBelow },
  },
  {
    name: 'check-length',
    findings: [61],
    what: 'virtio-iommu checks the length of a property, and that it ends within the buffer, before it reads it',
    overlays: { virtio_iommu: checkLength },
  },
];
