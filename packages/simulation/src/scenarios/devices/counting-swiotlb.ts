// SPDX-License-Identifier: GPL-2.0-only
// The ported swiotlb, told apart by device: what each one's slots take, which an area of its own would have to hold.

import { IO_TLB_SIZE, type device, type phys_addr_t, swiotlb_c } from '@iommu-bounce/linux-shim';

class Use {
  now = 0;
  peak = 0;
}

export class swiotlb_by_device extends swiotlb_c {
  private readonly uses = new Map<device, Use>();

  /** Bytes of slots, at most. */
  peak_of(dev: device): number {
    return this.uses.get(dev)?.peak ?? 0;
  }

  override swiotlb_tbl_map_single(
    ...args: Parameters<swiotlb_c['swiotlb_tbl_map_single']>
  ): phys_addr_t {
    const before = this.used();
    const at = super.swiotlb_tbl_map_single(...args);
    this.change(args[0], this.used() - before);
    return at;
  }

  override swiotlb_tbl_unmap_single(
    ...args: Parameters<swiotlb_c['swiotlb_tbl_unmap_single']>
  ): void {
    const before = this.used();
    super.swiotlb_tbl_unmap_single(...args);
    this.change(args[0], this.used() - before);
  }

  private used(): number {
    return (this.io_tlb_default_mem?.used ?? 0) * IO_TLB_SIZE;
  }

  private change(dev: device, bytes: number): void {
    let use = this.uses.get(dev);
    if (!use) this.uses.set(dev, (use = new Use()));
    use.now += bytes;
    use.peak = Math.max(use.peak, use.now);
  }
}
