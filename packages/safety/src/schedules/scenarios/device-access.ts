// SPDX-License-Identifier: GPL-2.0-only
// What the device of a machine reads and writes: through the table, or through what its VMM has mapped for it.

import { PAGE_SIZE, dma_addr_t, type machine } from '@iommu-bounce/linux-shim';
import {
  type DeviceDma,
  IOMMU_READ,
  IOMMU_WRITE,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_WRITE,
  page_table,
} from '@iommu-bounce/iommu-core';
import type { Executor } from '../executor';

/** An access that reaches a free page is a failure of the run. */
export class DeviceAccess {
  /** @param iommu what translates; null: nothing, the device reaches no address */
  constructor(
    private readonly rt: Executor,
    private readonly k: machine,
    private readonly iommu: page_table | DeviceDma | null,
  ) {}

  /** Writes a byte to the first `length` of an address on; false if the device does not reach it. */
  writes(iova: number, byte: number, length: number): boolean {
    const phys = this.translate(iova, IOMMU_WRITE);
    if (phys >= 0) fillBytes(this.k.mm.ram, byte, phys, length);
    return phys >= 0;
  }

  /** Whether the device reads this byte everywhere; null if it does not reach the address. */
  reads(iova: number, byte: number, length: number): boolean | null {
    const phys = this.translate(iova, IOMMU_READ);
    return phys < 0 ? null : isAll(this.k.mm.ram, byte, phys, length);
  }

  /** Whether the device reads these bytes; false too if it does not reach the address. */
  readsBytes(iova: number, expected: Uint8Array): boolean {
    const phys = this.translate(iova, IOMMU_READ);
    return phys >= 0 && expected.every((byte, n) => this.k.mm.ram[phys + n] === byte);
  }

  /** Where in RAM the device comes to; -1: nowhere. */
  private translate(at: number, access: number): number {
    const phys = this.physOf(dma_addr_t(at), access);
    if (phys < 0) return -1;
    const p = this.k.mm.pfn_to_page(Math.floor(phys / PAGE_SIZE));
    if (p._refcount !== 0) return phys;
    this.rt.fail('device-sees-freed', `the device reaches page ${String(p.pfn)}, which is free`);
    return -1;
  }

  private physOf(iova: dma_addr_t, access: number): number {
    const { iommu } = this;
    if (iommu instanceof page_table) {
      const prot = iommu.prot(iova);
      return prot < 0 || (prot & access) === 0 ? -1 : iommu.iova_to_phys(iova);
    }
    const need = access === IOMMU_READ ? VFIO_DMA_MAP_FLAG_READ : VFIO_DMA_MAP_FLAG_WRITE;
    return iommu?.endpoint.container.translate(iova, need) ?? -1;
  }
}

/** Whether `length` bytes from `from` on are all this one. */
export function isAll(bytes: Uint8Array, byte: number, from: number, length: number): boolean {
  for (let n = from; n < from + length; n++) if (bytes[n] !== byte) return false;
  return true;
}

/** As `bytes.fill`, whose call takes longer than these few bytes. */
export function fillBytes(bytes: Uint8Array, byte: number, from: number, length: number): void {
  for (let n = from; n < from + length; n++) bytes[n] = byte;
}
