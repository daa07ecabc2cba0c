// SPDX-License-Identifier: GPL-2.0-only
// The software IO TLB: a static area of bounce slots. C: kernel/dma/swiotlb.c, include/linux/swiotlb.h of v5.14;
// v5.13-rc7 lacks the offset in swiotlb_bounce. See docs/porting.md#which-c

import { ALIGN, DIV_ROUND_UP, and64, is_power_of_2, min_not_zero, mod_pow2, u64_sub } from './bits';
import type { context_c } from './context';
import {
  type device,
  dev_name,
  dev_is_dma_coherent,
  dma_get_min_align_mask,
  dma_get_seg_boundary,
} from './device';
import type { arch_c } from './arch';
import {
  DMA_ATTR_NO_WARN,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type dma_data_direction,
} from './dma-map-ops';
import type { highmem_c } from './highmem';
import { PageHighMem, check_address, type mm_c } from './mm';
import { BUG_ON, oops, type printk_c } from './printk';
import { type spinlock_c, spinlock_t } from './spinlock';
import { lockup } from './watchdog';
import {
  DMA_MAPPING_ERROR,
  PAGE_SHIFT,
  PAGE_SIZE,
  U64_MAX,
  ULONG_MAX,
  type dma_addr_t,
  phys_addr_t,
  virt_addr_t,
} from './types';

/** Slots that can be had in one piece. */
export const IO_TLB_SEGSIZE = 128;
export const IO_TLB_SHIFT = 11;
export const IO_TLB_SIZE = 1 << IO_TLB_SHIFT;

const INVALID_PHYS_ADDR = phys_addr_t(U64_MAX);

/** A failed swiotlb_tbl_map_single, as the physical address it returns. */
const MAPPING_ERROR = phys_addr_t(DMA_MAPPING_ERROR);

export const SWIOTLB_NORMAL = 0;
export const SWIOTLB_FORCE = 1;
export const SWIOTLB_NO_FORCE = 2;
export type swiotlb_force = 0 | 1 | 2;

export class io_tlb_slot {
  orig_addr: phys_addr_t = INVALID_PHYS_ADDR;
  alloc_size = 0;
  /** Free slots in one piece from here on; 0: taken. */
  list = 0;
}

/** The area. C: include/linux/swiotlb.h */
export class io_tlb_mem {
  readonly end: phys_addr_t;
  used = 0;
  index = 0;
  readonly lock = new spinlock_t();
  readonly slots: io_tlb_slot[];

  constructor(
    readonly start: phys_addr_t,
    readonly nslabs: number,
  ) {
    this.end = phys_addr_t(start + nslabs * IO_TLB_SIZE);
    this.slots = Array.from({ length: nslabs }, () => new io_tlb_slot());
  }

  /** JS: an index outside the area is the oops that C turns into a wild access. */
  slot(index: number): io_tlb_slot {
    const slot = this.slots[index];
    if (!slot)
      throw new oops('bad-access', `swiotlb slot ${String(index)} of ${String(this.nslabs)}`);
    return slot;
  }
}

function io_tlb_offset(val: number): number {
  return val & (IO_TLB_SEGSIZE - 1);
}

function nr_slots(val: number): number {
  return DIV_ROUND_UP(val, IO_TLB_SIZE);
}

function slot_addr(start: number, idx: number): number {
  return start + idx * IO_TLB_SIZE;
}

/** C: include/linux/iommu-helper.h */
function iommu_is_span_boundary(
  index: number,
  nr: number,
  shift: number,
  boundary_size: number,
): boolean {
  BUG_ON(!is_power_of_2(boundary_size), 'segment boundary is no power of two');
  return mod_pow2(shift + index, boundary_size) + nr > boundary_size;
}

export class swiotlb_c {
  io_tlb_default_mem: io_tlb_mem | null = null;
  swiotlb_force: swiotlb_force = SWIOTLB_NORMAL;

  constructor(
    private readonly mm: mm_c,
    private readonly context: context_c,
    private readonly locks: spinlock_c,
    private readonly highmem: highmem_c,
    private readonly arch: arch_c,
    private readonly log: printk_c,
  ) {}

  /** Sets up the area over zeroed memory at `start`. */
  swiotlb_init_with_tbl(start: phys_addr_t, nslabs: number): void {
    const mem = new io_tlb_mem(start, nslabs);
    mem.slots.forEach((slot, i) => (slot.list = IO_TLB_SEGSIZE - io_tlb_offset(i)));
    this.io_tlb_default_mem = mem;
  }

  is_swiotlb_buffer(paddr: phys_addr_t): boolean {
    const mem = this.io_tlb_default_mem;
    return mem !== null && paddr >= mem.start && paddr < mem.end;
  }

  is_swiotlb_active(): boolean {
    return this.io_tlb_default_mem !== null;
  }

  private swiotlb_align_offset(dev: device, addr: number): number {
    return and64(and64(addr, dma_get_min_align_mask(dev)), IO_TLB_SIZE - 1);
  }

  /** Copies between a slot and the buffer it stands for. */
  private swiotlb_bounce(
    dev: device,
    tlb_addr: phys_addr_t,
    bytes: number,
    dir: dma_data_direction,
  ): void {
    const mem = this.mem();
    const index = Math.floor((tlb_addr - mem.start) / IO_TLB_SIZE);
    let orig_addr = mem.slot(index).orig_addr;
    let alloc_size = mem.slot(index).alloc_size;
    // Read before the offset is added: a sync that starts pages further on still begins at this page. C does that too.
    let pfn = Math.floor(orig_addr / PAGE_SIZE);
    let vaddr = this.mm.phys_to_virt(tlb_addr);
    let size = bytes;

    if (orig_addr === INVALID_PHYS_ADDR) return;

    const tlb_offset =
      (mod_pow2(tlb_addr, IO_TLB_SIZE) - this.swiotlb_align_offset(dev, orig_addr)) >>> 0;
    orig_addr = phys_addr_t(orig_addr + tlb_offset);
    alloc_size = u64_sub(alloc_size, tlb_offset); // unsigned: what falls below 0 is huge, so not an overflow

    if (size > alloc_size) {
      this.log.WARN_ON(
        true,
        `${dev_name(dev)}: Buffer overflow detected. Allocation size: ${String(alloc_size)}. Mapping size: ${String(size)}.`,
      );
      size = alloc_size;
    }

    if (PageHighMem(this.mm.pfn_to_page(pfn))) {
      let offset = mod_pow2(orig_addr, PAGE_SIZE);
      while (size > 0) {
        const sz = Math.min(PAGE_SIZE - offset, size);
        const flags = this.context.local_irq_save();
        const buffer = this.highmem.kmap_atomic(this.mm.pfn_to_page(pfn));
        if (dir === DMA_TO_DEVICE) this.mm.memcpy(vaddr, virt_addr_t(buffer + offset), sz);
        else this.mm.memcpy(virt_addr_t(buffer + offset), vaddr, sz);
        this.highmem.kunmap_atomic(buffer);
        this.context.local_irq_restore(flags);
        size -= sz;
        pfn++;
        vaddr = virt_addr_t(vaddr + sz);
        offset = 0;
      }
    } else if (dir === DMA_TO_DEVICE) {
      this.mm.memcpy(vaddr, this.mm.phys_to_virt(orig_addr), size);
    } else {
      this.mm.memcpy(this.mm.phys_to_virt(orig_addr), vaddr, size);
    }
  }

  private get_max_slots(boundary_mask: number): number {
    if (boundary_mask === ULONG_MAX) return 2 ** (64 - IO_TLB_SHIFT);
    return nr_slots(boundary_mask + 1);
  }

  private wrap_index(mem: io_tlb_mem, index: number): number {
    return index >= mem.nslabs ? 0 : index;
  }

  /** First slot of a run that fits, or -1. */
  private find_slots(dev: device, orig_addr: phys_addr_t, alloc_size: number): number {
    const mem = this.mem();
    const boundary_mask = dma_get_seg_boundary(dev);
    const tbl_dma_addr = and64(mem.start, boundary_mask);
    const max_slots = this.get_max_slots(boundary_mask);
    const min_align_mask = dma_get_min_align_mask(dev);
    const iotlb_align_mask = min_align_mask - and64(min_align_mask, IO_TLB_SIZE - 1);
    const nslots = nr_slots(alloc_size);

    BUG_ON(nslots === 0, 'swiotlb mapping of no slots');

    // Unaligned slots need no look once an aligned one is found; a page or more wants page alignment.
    let stride = Math.floor(iotlb_align_mask / IO_TLB_SIZE) + 1;
    if (alloc_size >= PAGE_SIZE)
      stride = Math.max(stride, stride * 2 ** (PAGE_SHIFT - IO_TLB_SHIFT));

    const flags = this.locks.spin_lock_irqsave(mem.lock);
    not_found: {
      if (nslots > mem.nslabs - mem.used) break not_found;
      let index = this.wrap_index(mem, ALIGN(mem.index, stride));
      const wrap = index;
      let steps = 0;
      do {
        // Steps of 1 to an aligned slot can jump over `wrap`; with nothing free C then goes round for ever: finding 52.
        if (steps++ > mem.nslabs) lockup('swiotlb searches its slots for ever');
        if (
          and64(slot_addr(tbl_dma_addr, index), iotlb_align_mask) !==
          and64(orig_addr, iotlb_align_mask)
        ) {
          index = this.wrap_index(mem, index + 1);
          continue;
        }
        if (!iommu_is_span_boundary(index, nslots, nr_slots(tbl_dma_addr), max_slots)) {
          if (mem.slot(index).list >= nslots) {
            this.take_slots(mem, index, nslots);
            this.locks.spin_unlock_irqrestore(mem.lock, flags);
            return index;
          }
        }
        index = this.wrap_index(mem, index + stride);
      } while (index !== wrap);
    }
    this.locks.spin_unlock_irqrestore(mem.lock, flags);
    return -1;
  }

  /** The C's label `found`. */
  private take_slots(mem: io_tlb_mem, index: number, nslots: number): void {
    let count = 0;
    for (let i = index; i < index + nslots; i++) mem.slot(i).list = 0;
    for (let i = index - 1; io_tlb_offset(i) !== IO_TLB_SEGSIZE - 1 && mem.slot(i).list !== 0; i--)
      mem.slot(i).list = ++count;
    mem.index = index + nslots < mem.nslabs ? index + nslots : 0;
    mem.used += nslots;
  }

  /** Physical address of the slots, or all ones when there is no room. */
  swiotlb_tbl_map_single(
    dev: device,
    orig_addr: phys_addr_t,
    mapping_size: number,
    alloc_size: number,
    dir: dma_data_direction,
    attrs: number,
  ): phys_addr_t {
    const mem = this.io_tlb_default_mem;
    const offset = this.swiotlb_align_offset(dev, orig_addr);

    if (!mem) {
      check_address('dma_map_page_attrs', orig_addr); // JS: what is no page is out of reach too
      throw new oops('bug', 'no SWIOTLB area to bounce through');
    }

    if (mapping_size > alloc_size) {
      this.log.pr_warn(
        `${dev_name(dev)}: Invalid sizes (mapping: ${String(mapping_size)} bytes, alloc: ${String(alloc_size)} bytes)`,
      );
      return MAPPING_ERROR;
    }

    const index = this.find_slots(dev, orig_addr, alloc_size + offset);
    if (index === -1) {
      if ((attrs & DMA_ATTR_NO_WARN) === 0)
        this.log.pr_warn(
          `${dev_name(dev)}: swiotlb buffer is full (sz: ${String(alloc_size)} bytes), ` +
            `total ${String(mem.nslabs)} (slots), used ${String(mem.used)} (slots)`,
        );
      return MAPPING_ERROR;
    }

    for (let i = 0; i < nr_slots(alloc_size + offset); i++) {
      const slot = mem.slot(index + i);
      slot.orig_addr = phys_addr_t(slot_addr(orig_addr, i));
      slot.alloc_size = u64_sub(alloc_size, i * IO_TLB_SIZE);
    }
    const tlb_addr = phys_addr_t(slot_addr(mem.start, index) + offset);
    if (
      (attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0 &&
      (dir === DMA_TO_DEVICE || dir === DMA_BIDIRECTIONAL)
    )
      this.swiotlb_bounce(dev, tlb_addr, mapping_size, DMA_TO_DEVICE);
    return tlb_addr;
  }

  swiotlb_tbl_unmap_single(
    hwdev: device,
    tlb_addr: phys_addr_t,
    mapping_size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    const mem = this.mem();
    const offset = this.swiotlb_align_offset(hwdev, tlb_addr);
    const index = Math.floor((tlb_addr - offset - mem.start) / IO_TLB_SIZE);
    const nslots = nr_slots(mem.slot(index).alloc_size + offset);

    if (
      (attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0 &&
      (dir === DMA_FROM_DEVICE || dir === DMA_BIDIRECTIONAL)
    )
      this.swiotlb_bounce(hwdev, tlb_addr, mapping_size, DMA_FROM_DEVICE);

    // The slots become one free piece with the free ones behind, then with those before, within the set of 128.
    const flags = this.locks.spin_lock_irqsave(mem.lock);
    let count =
      index + nslots < ALIGN(index + 1, IO_TLB_SEGSIZE) ? mem.slot(index + nslots).list : 0;
    for (let i = index + nslots - 1; i >= index; i--) {
      const slot = mem.slot(i);
      slot.list = ++count;
      slot.orig_addr = INVALID_PHYS_ADDR;
      slot.alloc_size = 0;
    }
    for (let i = index - 1; io_tlb_offset(i) !== IO_TLB_SEGSIZE - 1 && mem.slot(i).list !== 0; i--)
      mem.slot(i).list = ++count;
    mem.used -= nslots;
    this.locks.spin_unlock_irqrestore(mem.lock, flags);
  }

  swiotlb_sync_single_for_device(
    dev: device,
    tlb_addr: phys_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    if (dir === DMA_TO_DEVICE || dir === DMA_BIDIRECTIONAL)
      this.swiotlb_bounce(dev, tlb_addr, size, DMA_TO_DEVICE);
    else BUG_ON(dir !== DMA_FROM_DEVICE, 'swiotlb sync without a direction');
  }

  swiotlb_sync_single_for_cpu(
    dev: device,
    tlb_addr: phys_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    if (dir === DMA_FROM_DEVICE || dir === DMA_BIDIRECTIONAL)
      this.swiotlb_bounce(dev, tlb_addr, size, DMA_FROM_DEVICE);
    else BUG_ON(dir !== DMA_TO_DEVICE, 'swiotlb sync without a direction');
  }

  /** A bounced mapping for a device without translation, or DMA_MAPPING_ERROR. */
  swiotlb_map(
    dev: device,
    paddr: phys_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    const swiotlb_addr = this.swiotlb_tbl_map_single(dev, paddr, size, size, dir, attrs);
    if (swiotlb_addr === MAPPING_ERROR) return DMA_MAPPING_ERROR;

    const dma_addr = swiotlb_addr as number as dma_addr_t;
    if (!dma_capable(dev, dma_addr, size)) {
      this.swiotlb_tbl_unmap_single(dev, swiotlb_addr, size, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
      this.log.WARN_ON(true, `${dev_name(dev)}: swiotlb addr beyond the device's reach`);
      return DMA_MAPPING_ERROR;
    }

    if (!dev_is_dma_coherent(dev) && (attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0)
      this.arch.arch_sync_dma_for_device(swiotlb_addr, size, dir);
    return dma_addr;
  }

  private mem(): io_tlb_mem {
    if (!this.io_tlb_default_mem) throw new oops('bad-access', 'no SWIOTLB area');
    return this.io_tlb_default_mem;
  }
}

/** True if the device can reach the range. C: include/linux/dma-direct.h */
export function dma_capable(dev: device, addr: dma_addr_t, size: number): boolean {
  if (addr === DMA_MAPPING_ERROR) return false;
  return addr + size - 1 <= min_not_zero(dev.dma_mask ?? 0, dev.bus_dma_limit);
}
