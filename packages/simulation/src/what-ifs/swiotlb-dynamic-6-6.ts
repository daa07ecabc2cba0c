// SPDX-License-Identifier: GPL-2.0-only
// What if: swiotlb that grows (CONFIG_SWIOTLB_DYNAMIC), after kernel/dma/swiotlb.c of v6.6. A request that finds no
// room gets a pool of its own at once, made for it and freed with it, and a worker adds a pool for those to come. What
// is added stays. As since v5.17, every mapping copies towards the device, reads too. A transient pool is freed when the
// worker runs next, where the kernel waits for an RCU grace period.

import {
  BIT,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  GFP_ATOMIC,
  GFP_KERNEL,
  IO_TLB_SEGSIZE,
  IO_TLB_SIZE,
  PAGE_SIZE,
  __GFP_NOWARN,
  delayed_work,
  deref,
  type device,
  type dma_data_direction,
  dma_get_min_align_mask,
  get_order,
  type gfp_t,
  type machine,
  mod_pow2,
  page_to_phys,
  phys_addr_t,
  type spinlock_t,
  swiotlb_c,
  type workqueue_struct,
} from '@iommu-bounce/linux-shim';
import { io_tlb_pool, slots_for } from './swiotlb-area-6-6';

/** The smallest pool, 1 MiB, and the largest block of the page allocator. */
const IO_TLB_MIN_SLABS = 512;
const MOST_SLABS = (BIT(10) * PAGE_SIZE) / IO_TLB_SIZE;

/** How far into a slot an address begins, for the device's sake. */
function align_offset(dev: device, addr: number): number {
  return mod_pow2(mod_pow2(addr, dma_get_min_align_mask(dev) + 1), IO_TLB_SIZE);
}

const FAILED = phys_addr_t(DMA_MAPPING_ERROR);

/** Who charges for it. */
export interface swiotlb_listener {
  /** There is one more area, with this lock. */
  lock(lock: spinlock_t): void;
  /** Slots are looked for, or given back. */
  call(): void;
}

export class swiotlb_dynamic_6_6 extends swiotlb_c {
  /** The newest first, as the list of v6.6 has them; the one of boot is the last. */
  private readonly pools: io_tlb_pool[] = [];
  private readonly transients: io_tlb_pool[] = [];
  private readonly to_free: io_tlb_pool[] = [];
  private machine: machine | null = null;
  private wq: workqueue_struct | null = null;
  private readonly dyn_alloc = new delayed_work();
  private queued = false;
  private default_nslabs = 0;
  private listener: swiotlb_listener | null = null;
  /** Pools added, and made for one mapping. */
  grown = 0;
  transient_pools = 0;

  /** The machine is complete: what the worker needs is there. */
  connect(machine: machine, listener: swiotlb_listener): void {
    this.machine = machine;
    this.listener = listener;
    machine.workqueue.INIT_DELAYED_WORK(
      this.dyn_alloc,
      () => {
        this.swiotlb_dyn_alloc();
      },
      this,
    );
    this.wq = machine.workqueue.create_singlethread_workqueue('swiotlb');
    const mem = deref(this.io_tlb_default_mem);
    this.default_nslabs = mem.nslabs;
    this.add_mem_pool(new io_tlb_pool(mem.start, mem.nslabs, this.nareas(), null, machine.locks));
  }

  /** Bytes of all pools, those set aside at boot included; and of them, the slots in use. */
  pool_bytes(): number {
    const of = (pools: readonly io_tlb_pool[]): number =>
      pools.reduce((sum, { nslabs }) => sum + nslabs * IO_TLB_SIZE, 0);
    return of(this.pools) + of(this.transients) + of(this.to_free);
  }

  used_slots(): number {
    return this.pools.reduce((sum, pool) => sum + pool.used(), 0) + this.transients.length;
  }

  /** Whether the worker has something to do. */
  work_pending(): boolean {
    return this.queued;
  }

  override is_swiotlb_buffer(paddr: phys_addr_t): boolean {
    return this.swiotlb_find_pool(paddr) !== null;
  }

  override swiotlb_tbl_map_single(
    dev: device,
    orig_addr: phys_addr_t,
    mapping_size: number,
    alloc_size: number,
    _dir: dma_data_direction,
    _attrs: number,
  ): phys_addr_t {
    const machine = deref(this.machine);
    this.listener?.call();
    const mask = dma_get_min_align_mask(dev);
    const offset = align_offset(dev, orig_addr);
    const size = alloc_size + offset;
    const cpu = machine.context.smp_processor_id();
    let pool: io_tlb_pool | null = null;
    let slot = -1;
    for (const one of this.pools) {
      slot = one.find(cpu, orig_addr, size, mask);
      pool = one;
      if (slot >= 0) break;
    }
    if (slot < 0) {
      this.schedule();
      pool = this.transient_pool(size);
      if (!pool) return FAILED;
      slot = pool.find(cpu, orig_addr, size, mask);
      if (slot < 0) {
        this.free_pool(pool);
        return FAILED;
      }
      this.transients.unshift(pool);
    }
    const found = deref(pool);
    for (let i = 0; i < slots_for(size); i++)
      found.orig_addr[slot + i] = orig_addr + i * IO_TLB_SIZE;
    const tlb_addr = phys_addr_t(found.start + slot * IO_TLB_SIZE + offset);
    machine.mm.memcpy(
      machine.mm.phys_to_virt(tlb_addr),
      machine.mm.phys_to_virt(orig_addr),
      mapping_size,
    );
    return tlb_addr;
  }

  /** Without a copy: the caller, with the first fix of 2 July, has copied already and asks for none. */
  override swiotlb_tbl_unmap_single(_dev: device, tlb_addr: phys_addr_t): void {
    this.listener?.call();
    const pool = deref(this.swiotlb_find_pool(tlb_addr));
    if (pool.transient) {
      this.transients.splice(this.transients.indexOf(pool), 1);
      this.to_free.push(pool);
      this.schedule();
      return;
    }
    const slot = pool.slot_of(tlb_addr);
    pool.release(slot, slots_for(pool.size_at(slot)));
  }

  override swiotlb_sync_single_for_cpu(
    dev: device,
    tlb_addr: phys_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    if (dir === DMA_TO_DEVICE) return;
    const { mm } = deref(this.machine);
    mm.memcpy(mm.phys_to_virt(this.original(dev, tlb_addr)), mm.phys_to_virt(tlb_addr), size);
  }

  override swiotlb_sync_single_for_device(
    dev: device,
    tlb_addr: phys_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    if (dir === DMA_FROM_DEVICE) return;
    const { mm } = deref(this.machine);
    mm.memcpy(mm.phys_to_virt(tlb_addr), mm.phys_to_virt(this.original(dev, tlb_addr)), size);
  }

  /** Where the bytes of a bounced address belong. */
  private original(dev: device, tlb_addr: phys_addr_t): phys_addr_t {
    const pool = deref(this.swiotlb_find_pool(tlb_addr));
    const orig = pool.orig_addr[pool.slot_of(tlb_addr)] as number;
    return phys_addr_t(orig + mod_pow2(tlb_addr, IO_TLB_SIZE) - align_offset(dev, orig));
  }

  private swiotlb_find_pool(paddr: phys_addr_t): io_tlb_pool | null {
    for (const pool of this.pools) if (pool.holds(paddr)) return pool;
    for (const pool of this.transients) if (pool.holds(paddr)) return pool;
    return null;
  }

  private schedule(): void {
    if (this.queued) return;
    this.queued = true;
    const machine = deref(this.machine);
    machine.workqueue.queue_delayed_work(deref(this.wq), this.dyn_alloc, 0);
  }

  /** One area for each CPU, rounded up to a power of two. */
  private nareas(): number {
    return 2 ** Math.ceil(Math.log2(deref(this.machine).context.nr_cpus));
  }

  /** The worker: frees what mappings have left behind, and adds a pool if one was missing. */
  private swiotlb_dyn_alloc(): void {
    this.queued = false;
    const wanted = this.wanted;
    this.wanted = false;
    for (const pool of this.to_free.splice(0)) this.free_pool(pool);
    if (!wanted) return;
    let nslabs = Math.min(this.default_nslabs, MOST_SLABS);
    let pool = this.alloc_pool(nslabs, this.nareas(), GFP_KERNEL);
    while (!pool && nslabs > IO_TLB_MIN_SLABS) {
      nslabs = Math.ceil(nslabs / 2 / IO_TLB_SEGSIZE) * IO_TLB_SEGSIZE;
      pool = this.alloc_pool(nslabs, this.nareas(), GFP_KERNEL);
    }
    if (!pool) return;
    this.grown++;
    this.add_mem_pool(pool);
  }
  private wanted = false;

  private transient_pool(bytes: number): io_tlb_pool | null {
    this.wanted = true;
    const pool = this.alloc_pool(slots_for(bytes), 1, GFP_ATOMIC | __GFP_NOWARN);
    if (!pool) return null;
    pool.transient = true;
    this.transient_pools++;
    return pool;
  }

  private add_mem_pool(pool: io_tlb_pool): void {
    this.pools.unshift(pool);
    for (const { lock } of pool.areas) this.listener?.lock(lock);
  }

  private alloc_pool(nslabs: number, nareas: number, gfp: gfp_t): io_tlb_pool | null {
    const { page_alloc, mm, locks } = deref(this.machine);
    const order = get_order(nslabs * IO_TLB_SIZE);
    const first = page_alloc.alloc_pages(gfp, order);
    if (!first) return null;
    const start = page_to_phys(first);
    mm.memset(mm.phys_to_virt(start), 0, nslabs * IO_TLB_SIZE);
    return new io_tlb_pool(start, nslabs, nareas, { first, order }, locks);
  }

  private free_pool(pool: io_tlb_pool): void {
    if (pool.pages) deref(this.machine).page_alloc.__free_pages(pool.pages.first, pool.pages.order);
  }
}
