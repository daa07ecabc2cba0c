// SPDX-License-Identifier: GPL-2.0-only
// An assigned device at work: it reaches what VFIO has mapped for its endpoint, and nothing else, all or nothing.

import { type mm_c, PAGE_SIZE, mod_pow2, phys_addr_t } from '@iommu-bounce/linux-shim';
import type { VmmEndpoint } from './domains';
import { VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE } from './vfio-type1';
import {
  VIRTIO_IOMMU_FAULT_F_READ,
  VIRTIO_IOMMU_FAULT_F_WRITE,
  VIRTIO_IOMMU_FAULT_R_DOMAIN,
  VIRTIO_IOMMU_FAULT_R_MAPPING,
} from './virtio_iommu.h';

/** Hears of an access that found no mapping; `reason` and `flags` are VIRTIO_IOMMU_FAULT_ values. */
export type FaultListener = (
  endpoint: number,
  reason: number,
  flags: number,
  address: number,
) => void;

export class DeviceDma {
  constructor(
    readonly endpoint: VmmEndpoint,
    private readonly mm: mm_c,
    private readonly onFault: FaultListener,
  ) {}

  /** Reads `into.length` bytes; false, and nothing is read, if any page faults. Registers read as 0xff. */
  read(iova: number, into: Uint8Array): boolean {
    if (!this.reachable(iova, into.length, VFIO_DMA_MAP_FLAG_READ)) return false;
    for (let off = 0; off < into.length;) {
      const n = bytesInPage(iova + off, into.length - off);
      const phys = this.endpoint.container.translate(iova + off, VFIO_DMA_MAP_FLAG_READ);
      if (this.isMemory(phys)) into.set(this.mm.bytes_at(phys_addr_t(phys), n), off);
      else into.fill(0xff, off, off + n);
      off += n;
    }
    return true;
  }

  /** Writes the bytes; false, and nothing is written, if any page faults. Registers swallow them. */
  write(iova: number, data: Uint8Array): boolean {
    if (!this.reachable(iova, data.length, VFIO_DMA_MAP_FLAG_WRITE)) return false;
    for (let off = 0; off < data.length;) {
      const n = bytesInPage(iova + off, data.length - off);
      const phys = this.endpoint.container.translate(iova + off, VFIO_DMA_MAP_FLAG_WRITE);
      if (this.isMemory(phys))
        this.mm.bytes_at(phys_addr_t(phys), n).set(data.subarray(off, off + n));
      off += n;
    }
    return true;
  }

  /** Whether an access would succeed; reports the fault if not. `need` is VFIO_DMA_MAP_FLAG_READ or _WRITE. */
  reachable(iova: number, len: number, need: number): boolean {
    for (let off = 0; off < len; off += bytesInPage(iova + off, len - off)) {
      if (this.endpoint.container.translate(iova + off, need) >= 0) continue;
      this.onFault(
        this.endpoint.id,
        this.endpoint.domain ? VIRTIO_IOMMU_FAULT_R_MAPPING : VIRTIO_IOMMU_FAULT_R_DOMAIN,
        need === VFIO_DMA_MAP_FLAG_WRITE ? VIRTIO_IOMMU_FAULT_F_WRITE : VIRTIO_IOMMU_FAULT_F_READ,
        iova + off,
      );
      return false;
    }
    return true;
  }

  private isMemory(phys: number): boolean {
    return this.mm.pfn_valid(Math.floor(phys / PAGE_SIZE));
  }
}

function bytesInPage(address: number, left: number): number {
  return Math.min(left, PAGE_SIZE - mod_pow2(address, PAGE_SIZE));
}
