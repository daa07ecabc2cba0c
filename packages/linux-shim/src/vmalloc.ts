// SPDX-License-Identifier: GPL-2.0-only
// Virtually contiguous mappings of scattered pages. C: mm/vmalloc.c, kernel/dma/remap.c

import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import type { mapped_area, page } from './mm';
import { deref } from './printk';
import type { printk_c } from './printk';
import type { slab_c } from './slab';
import { NULL_ptr, PAGE_SIZE, virt_addr_t } from './types';
import { PAGE_ALIGN } from './bits';
import { GFP_KERNEL } from './gfp';
import { nth_page } from './mm';

/** Where the area starts: far above any RAM. */
const VMALLOC_START = 2 ** 46;

export const VM_MAP = 1 << 2;
export const VM_DMA_COHERENT = 1 << 4;

/** One mapping. C: include/linux/vmalloc.h struct vm_struct */
export class vm_struct {
  /** Set by dma_common_pages_remap only: the array is the caller's and freed by the caller. */
  pages: (page | null)[] | null = null;
  constructor(
    readonly addr: virt_addr_t,
    readonly flags: number,
    readonly mapped: readonly page[],
  ) {}
}

export class vmalloc_c implements mapped_area {
  private readonly areas = new Map<number, vm_struct>();
  private next = VMALLOC_START;

  constructor(
    private readonly context: context_c,
    private readonly slab: slab_c,
    private readonly faults: fault_inject_c,
    private readonly log: printk_c,
  ) {}

  is_vmalloc_addr(addr: virt_addr_t): boolean {
    return addr >= VMALLOC_START;
  }

  /**
   * Maps pages one after the other; may sleep. NULL only when the site `vmap` is told to fail. A page of address space
   * stays free behind each area.
   */
  vmap(pages: readonly (page | null)[], count: number, flags: number): virt_addr_t {
    this.context.might_sleep();
    if (this.faults.should_fail('vmap')) return NULL_ptr;
    const addr = virt_addr_t(this.next);
    this.next += (count + 1) * PAGE_SIZE;
    this.areas.set(
      addr,
      new vm_struct(
        addr,
        flags,
        pages.slice(0, count).map((p) => deref(p)),
      ),
    );
    return addr;
  }

  vunmap(addr: virt_addr_t): void {
    this.context.might_sleep();
    this.log.WARN_ON(!this.areas.delete(addr), 'vunmap of an address that is not mapped');
  }

  find_vm_area(addr: virt_addr_t): vm_struct | null {
    return this.areas.get(addr) ?? null;
  }

  vmalloc_to_page(addr: virt_addr_t): page {
    return deref(this.lookup(addr), 'address is not mapped in the vmalloc area');
  }

  /** Offset in RAM of a mapped address, or null. */
  resolve(addr: virt_addr_t): number | null {
    const p = this.is_vmalloc_addr(addr) ? this.lookup(addr) : null;
    return p === null ? null : p.pfn * PAGE_SIZE + (addr % PAGE_SIZE);
  }

  /** Areas in use. */
  count(): number {
    return this.areas.size;
  }

  /** C: kernel/dma/remap.c */
  dma_common_find_pages(cpu_addr: virt_addr_t): (page | null)[] | null {
    const area = this.find_vm_area(cpu_addr);
    return area?.flags === VM_DMA_COHERENT ? area.pages : null;
  }

  /** Maps an array of pages and remembers it. C: kernel/dma/remap.c */
  dma_common_pages_remap(pages: (page | null)[], size: number): virt_addr_t {
    const vaddr = this.vmap(pages, PAGE_ALIGN(size) / PAGE_SIZE, VM_DMA_COHERENT);
    if (vaddr !== NULL_ptr) deref(this.find_vm_area(vaddr)).pages = pages;
    return vaddr;
  }

  /** Maps one contiguous block; NULL if the temporary array cannot be had. C: kernel/dma/remap.c */
  dma_common_contiguous_remap(first: page, size: number): virt_addr_t {
    const count = PAGE_ALIGN(size) / PAGE_SIZE;
    const pages = this.slab.kmalloc_array<page>(count, GFP_KERNEL);
    if (pages === null) return NULL_ptr;
    for (let i = 0; i < count; i++) pages[i] = nth_page(first, i);
    const vaddr = this.vmap(pages, count, VM_DMA_COHERENT);
    this.slab.kfree(pages);
    return vaddr;
  }

  /** C: kernel/dma/remap.c */
  dma_common_free_remap(cpu_addr: virt_addr_t): void {
    const area = this.find_vm_area(cpu_addr);
    if (this.log.WARN_ON(area?.flags !== VM_DMA_COHERENT, 'trying to free invalid coherent area'))
      return;
    this.vunmap(cpu_addr);
  }

  private lookup(addr: virt_addr_t): page | null {
    for (const area of this.areas.values()) {
      const index = Math.floor((addr - area.addr) / PAGE_SIZE);
      if (index >= 0 && index < area.mapped.length) return area.mapped[index] ?? null;
    }
    return null;
  }
}
