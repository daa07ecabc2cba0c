// SPDX-License-Identifier: GPL-2.0-only
// A pool of swiotlb slots in areas, each with a lock of its own. After kernel/dma/swiotlb.c of v6.6.

import {
  ALIGN,
  DIV_ROUND_UP,
  IO_TLB_SEGSIZE,
  IO_TLB_SIZE,
  PAGE_SIZE,
  mod_pow2,
  oops,
  type page,
  type spinlock_c,
  spinlock_t,
} from '@iommu-bounce/linux-shim';

export function slots_for(bytes: number): number {
  return DIV_ROUND_UP(bytes, IO_TLB_SIZE);
}

/** An area of a pool. */
export class io_tlb_area {
  readonly lock = new spinlock_t();
  used = 0;
  /** Where the next search begins, within the area. */
  index = 0;
}

export class io_tlb_pool {
  readonly areas: readonly io_tlb_area[];
  readonly end: number;
  /** Made for one mapping, gone with it. */
  transient = false;
  private readonly area_nslabs: number;
  /** Free slots in one piece from here on; 0: taken. */
  private readonly list: Int32Array;
  private readonly alloc_size: Float64Array;
  readonly orig_addr: Float64Array;

  /**
   * @param pages the block that it lies in, or null: set aside at boot
   * @param nareas a power of two
   */
  constructor(
    readonly start: number,
    readonly nslabs: number,
    nareas: number,
    readonly pages: { readonly first: page; readonly order: number } | null,
    private readonly locks: spinlock_c,
  ) {
    this.end = start + nslabs * IO_TLB_SIZE;
    // No area is smaller than what can be had in one piece.
    const count = Math.max(1, Math.min(nareas, Math.floor(nslabs / IO_TLB_SEGSIZE)));
    this.areas = Array.from({ length: count }, () => new io_tlb_area());
    this.area_nslabs = Math.floor(nslabs / count);
    this.list = Int32Array.from({ length: nslabs }, (_, i) =>
      Math.min(nslabs - i, IO_TLB_SEGSIZE - (i % IO_TLB_SEGSIZE)),
    );
    this.alloc_size = new Float64Array(nslabs);
    this.orig_addr = new Float64Array(nslabs).fill(-1);
  }

  holds(paddr: number): boolean {
    return paddr >= this.start && paddr < this.end;
  }

  slot_of(paddr: number): number {
    return Math.floor((paddr - this.start) / IO_TLB_SIZE);
  }

  size_at(slot: number): number {
    return this.alloc_size[slot] as number;
  }

  used(): number {
    return this.areas.reduce((sum, { used }) => sum + used, 0);
  }

  /** First slot of a run for these bytes, from the CPU's own area on; -1 if there is none. */
  find(cpu: number, orig_addr: number, bytes: number, align_mask: number): number {
    const { areas } = this;
    const first = cpu % areas.length;
    for (let i = 0; i < areas.length; i++) {
      const index = this.find_in((first + i) % areas.length, orig_addr, bytes, align_mask);
      if (index >= 0) return index;
    }
    return -1;
  }

  private find_in(at: number, orig_addr: number, bytes: number, min_align_mask: number): number {
    const a = this.areas[at] as io_tlb_area;
    const nslots = slots_for(bytes);
    // A page or more is aligned to a page; otherwise as the device asks for.
    const align = Math.max(min_align_mask + 1, bytes >= PAGE_SIZE ? PAGE_SIZE : 1, IO_TLB_SIZE);
    const wanted = Math.floor(mod_pow2(orig_addr, align) / IO_TLB_SIZE);
    const stride = align / IO_TLB_SIZE;
    const base = at * this.area_nslabs;

    const flags = this.locks.spin_lock_irqsave(a.lock);
    let found = -1;
    if (nslots <= this.area_nslabs - a.used)
      for (let index = a.index, checked = 0; checked < this.area_nslabs;) {
        const slot = base + index;
        const aligned =
          Math.floor(mod_pow2(this.start + slot * IO_TLB_SIZE, align) / IO_TLB_SIZE) === wanted;
        if (aligned && (this.list[slot] as number) >= nslots) {
          found = slot;
          break;
        }
        const step = aligned ? stride : 1;
        index = index + step >= this.area_nslabs ? 0 : index + step;
        checked += step;
      }
    if (found >= 0) this.take(a, base, found, nslots, bytes);
    this.locks.spin_unlock_irqrestore(a.lock, flags);
    return found;
  }

  private take(a: io_tlb_area, base: number, slot: number, nslots: number, bytes: number): void {
    for (let i = 0; i < nslots; i++) {
      this.list[slot + i] = 0;
      this.alloc_size[slot + i] = bytes - i * IO_TLB_SIZE;
    }
    this.count_down(slot - 1, 0);
    const next = slot - base + nslots;
    a.index = next >= this.area_nslabs ? 0 : next;
    a.used += nslots;
  }

  release(slot: number, nslots: number): void {
    const a = this.areas[Math.floor(slot / this.area_nslabs)];
    if (!a) throw new oops('bad-access', `swiotlb slot ${String(slot)} is in no area`);
    const flags = this.locks.spin_lock_irqsave(a.lock);
    // One piece with the free slots behind, then with those before, within the set of 128.
    const behind = slot + nslots;
    let count =
      behind < ALIGN(slot + 1, IO_TLB_SEGSIZE) && behind < this.nslabs
        ? (this.list[behind] as number)
        : 0;
    for (let i = behind - 1; i >= slot; i--) {
      this.list[i] = ++count;
      this.alloc_size[i] = 0;
      this.orig_addr[i] = -1;
    }
    this.count_down(slot - 1, count);
    a.used -= nslots;
    this.locks.spin_unlock_irqrestore(a.lock, flags);
  }

  /** The free slots before a run learn how many there are from them on. */
  private count_down(from: number, count: number): void {
    for (
      let i = from;
      i >= 0 && i % IO_TLB_SEGSIZE !== IO_TLB_SEGSIZE - 1 && this.list[i] !== 0;
      i--
    )
      this.list[i] = ++count;
  }
}
