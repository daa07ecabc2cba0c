// SPDX-License-Identifier: GPL-2.0-only
// Physical memory: one buffer, page frames, the linear map, memcpy. C: include/linux/mm.h, asm/page.h, mm/memory.c

import { OptionError, check_value, that } from './options';
import { deref, oops } from './printk';
import { PAGE_SIZE, phys_addr_t, virt_addr_t } from './types';

/** One page frame. C: include/linux/mm_types.h struct page */
export class page {
  /** Free for the owner's use; a driver chains pages to be freed later here. */
  freelist: page | null = null;
  /** References; 0 while the page allocator has it. */
  _refcount = 0;
  /** Order of the free block that starts here while the page allocator has it, else -1. */
  buddy_order = -1;
  /** Neighbours on the page allocator's free list. */
  buddy_next: page | null = null;
  buddy_prev: page | null = null;

  constructor(
    readonly mem: mm_c,
    /** Page frame number. */
    readonly pfn: number,
    /** NUMA node. */
    readonly nid: number,
    /** True if the page has no linear address of its own. */
    readonly highmem: boolean,
    /** What the linear map's arithmetic gives; for a highmem page that is not its memory. */
    readonly linear: virt_addr_t,
  ) {}
}

/** Addresses outside the linear map: the vmalloc area. */
export interface mapped_area {
  /** Offset in RAM of an address, or null. */
  resolve(addr: virt_addr_t): number | null;
}

/** A run of page frames of one node. */
export interface memory_range {
  readonly nid: number;
  readonly start_pfn: number;
  readonly end_pfn: number;
  readonly highmem: boolean;
  /** False for frames that are kept from the page allocator. */
  readonly buddy: boolean;
}

export interface node_memory {
  /** Pages with a linear address. */
  readonly lowmem_pages: number;
  /** Pages without. Default 0. */
  readonly highmem_pages?: number;
}

export interface memory_layout {
  readonly nodes: readonly node_memory[];
  /** Lowmem pages kept from the page allocator (buffers of the test, memory of a recorded machine). Default 0. */
  readonly reserved_pages?: number;
  /** The same, highmem. Default 0. */
  readonly reserved_highmem_pages?: number;
  /**
   * False: frames and addresses are all there, and nothing is in them; copies move nothing. For machines whose work is only
   * counted: a large array makes V8 collect garbage more often. Default true.
   */
  readonly bytes?: boolean;
}

const PAGE_WORDS = 'a page, as alloc_pages(), pfn_to_page() or virt_to_page() returns it';
const A_PAGE = that(PAGE_WORDS, (v) => v instanceof page);

// JS: maps and unmaps look at nothing, so these two are called where something has failed already.

/** @throws OptionError for something else than a page */
export function check_page(what: string, value: unknown): void {
  check_value(what, 'page', value, A_PAGE);
}

/**
 * Arithmetic with something that is no page gives NaN.
 * @throws OptionError for that
 */
export function check_address(what: string, address: number): void {
  if (Number.isNaN(address))
    throw new OptionError(`${what}: page has no page frame number: expected ${PAGE_WORDS}`);
}

export function page_to_pfn(p: page): number {
  return p.pfn;
}

export function page_to_phys(p: page): phys_addr_t {
  return phys_addr_t(p.pfn * PAGE_SIZE);
}

/** Linear-map arithmetic, right for lowmem only: for highmem it points at other bytes, as on a 32-bit kernel. */
export function page_to_virt(p: page): virt_addr_t {
  return p.linear;
}

/** The linear address, or NULL for a highmem page that is not kmapped. */
export function page_address(p: page): virt_addr_t {
  return p.highmem ? virt_addr_t(0) : p.linear;
}

export function PageHighMem(p: page): boolean {
  return p.highmem;
}

/** The page `n` frames further on; an oops beyond the end of memory. */
export function nth_page(p: page, n: number): page {
  return n === 0 ? p : p.mem.pfn_to_page(p.pfn + n);
}

/**
 * RAM of one machine. Frame 0 is never handed out, so that physical and virtual address 0 are NULL. Behind RAM lies as
 * much again as there is highmem: the bytes that the linear arithmetic of a highmem page points at by mistake.
 *
 * Virtual addresses: lowmem, 1:1; then three areas, each as large as highmem: nothing, since the linear map ends with lowmem; those
 * bytes; what kmap_atomic gives.
 */
export class mm_c {
  /** Empty where the layout has no bytes. */
  readonly ram: Uint8Array;
  readonly ranges: readonly memory_range[];
  /** Frames of RAM. */
  readonly max_pfn: number;
  /** First byte of highmem, physical; and where the linear map ends. */
  private readonly highmem_start: number;
  /** Bytes of highmem: so far its linear arithmetic misses. */
  private readonly decoy: number;
  private readonly mem_map: (page | undefined)[] = [];
  private vmalloc: mapped_area | null = null;

  constructor(layout: memory_layout) {
    const ranges: memory_range[] = [];
    let pfn = 1;
    const add = (nid: number, pages: number, highmem: boolean, buddy: boolean): void => {
      if (pages > 0) ranges.push({ nid, start_pfn: pfn, end_pfn: pfn + pages, highmem, buddy });
      pfn += Math.max(0, pages);
    };
    add(0, layout.reserved_pages ?? 0, false, false);
    layout.nodes.forEach((n, nid) => {
      add(nid, n.lowmem_pages, false, true);
    });
    const first_highmem = pfn;
    add(0, layout.reserved_highmem_pages ?? 0, true, false);
    layout.nodes.forEach((n, nid) => {
      add(nid, n.highmem_pages ?? 0, true, true);
    });
    this.ranges = ranges;
    this.max_pfn = pfn;
    this.decoy = (pfn - first_highmem) * PAGE_SIZE;
    this.highmem_start = first_highmem * PAGE_SIZE;
    this.ram = new Uint8Array(layout.bytes === false ? 0 : pfn * PAGE_SIZE + this.decoy);
  }

  /** Lets pointers into the vmalloc area be followed; called once, by the machine. */
  set_vmalloc(vmalloc: mapped_area): void {
    this.vmalloc = vmalloc;
  }

  pfn_valid(pfn: number): boolean {
    return pfn >= 1 && pfn < this.max_pfn;
  }

  /** The page of a frame; an oops if there is no such frame. */
  pfn_to_page(pfn: number): page {
    return this.mem_map[pfn] ?? this.init_page(pfn);
  }

  phys_to_page(phys: phys_addr_t): page {
    return this.pfn_to_page(Math.floor(phys / PAGE_SIZE));
  }

  /** The page behind a linear address. */
  virt_to_page(addr: virt_addr_t): page {
    return this.phys_to_page(this.virt_to_phys(addr));
  }

  /** Linear-map arithmetic, as page_to_virt: for highmem it gives other bytes. */
  phys_to_virt(phys: phys_addr_t): virt_addr_t {
    return virt_addr_t(phys < this.highmem_start ? phys : phys + this.decoy);
  }

  /** The way back from phys_to_virt. */
  virt_to_phys(addr: virt_addr_t): phys_addr_t {
    return phys_addr_t(addr < this.highmem_start + this.decoy ? addr : addr - this.decoy);
  }

  /** An address of the page's own memory. JS: each page of highmem has one for good; C maps it for a while. */
  kmap_address(p: page): virt_addr_t {
    return p.highmem ? virt_addr_t(p.pfn * PAGE_SIZE + 2 * this.decoy) : p.linear;
  }

  /** Copies between any two kernel addresses; an oops if either range is not memory. */
  memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    // One buffer, so one copyWithin: 96 ns for 4 KiB where set(subarray) needs 188 ns (Node 20).
    const end = this.highmem_start;
    if (dst + len <= end && src + len <= end && dst >= PAGE_SIZE && src >= PAGE_SIZE)
      this.ram.copyWithin(dst, src, src + len);
    else if (len > 0) this.memcpy_slow(dst, src, len);
  }

  memset(dst: virt_addr_t, byte: number, len: number): void {
    if (dst >= PAGE_SIZE && dst + len <= this.highmem_start) this.ram.fill(byte, dst, dst + len);
    else
      this.for_each_piece(dst, len, (at, n) => {
        this.ram.fill(byte, at, at + n);
      });
  }

  /** The bytes of a physical range, as a view; for devices and tests. An oops if there is no such RAM, or no bytes. */
  bytes_at(phys: phys_addr_t, len: number): Uint8Array {
    if (phys < 0 || phys + len > Math.min(this.max_pfn * PAGE_SIZE, this.ram.length))
      throw new oops('bad-access', `no RAM at ${hex(phys)}`);
    return this.ram.subarray(phys, phys + len);
  }

  /** Walks a virtual range in pieces that are contiguous in the buffer. Cold code only. */
  for_each_piece(addr: virt_addr_t, len: number, fn: (at: number, n: number) => void): void {
    let done = 0;
    while (done < len) {
      const at = addr + done;
      const left_in_page = PAGE_SIZE - (at % PAGE_SIZE);
      const n = Math.min(len - done, left_in_page);
      fn(this.resolve(virt_addr_t(at), n), n);
      done += n;
    }
  }

  private memcpy_slow(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    this.for_each_piece(dst, len, (to, n) => {
      let done = 0;
      this.for_each_piece(virt_addr_t(src), n, (from, m) => {
        this.ram.copyWithin(to + done, from, from + m);
        done += m;
      });
      src = virt_addr_t(src + n);
    });
  }

  /** Offset in the buffer of a range within one page. */
  private resolve(addr: virt_addr_t, len: number): number {
    const { highmem_start: end, decoy } = this;
    if (addr >= PAGE_SIZE && addr + len <= end) return addr;
    if (addr >= end + decoy && addr + len <= end + 2 * decoy) return addr;
    if (addr >= end + 2 * decoy && addr + len <= end + 3 * decoy) return addr - 2 * decoy;
    const mapped = this.vmalloc?.resolve(addr) ?? null;
    if (mapped === null) {
      check_address('memory', addr);
      throw new oops('bad-access', `no memory at ${hex(addr)}`);
    }
    return mapped;
  }

  private init_page(pfn: number): page {
    if (!this.pfn_valid(pfn)) {
      check_address('pfn_to_page', pfn);
      throw new oops('bad-access', `no page frame ${String(pfn)}`);
    }
    const range = deref(this.ranges.find((r) => pfn >= r.start_pfn && pfn < r.end_pfn));
    const phys = pfn * PAGE_SIZE;
    const p = new page(
      this,
      pfn,
      range.nid,
      range.highmem,
      virt_addr_t(range.highmem ? phys + this.decoy : phys),
    );
    this.mem_map[pfn] = p;
    return p;
  }
}

function hex(n: number): string {
  return `0x${n.toString(16)}`;
}
