// SPDX-License-Identifier: GPL-2.0-only
// Dynamic pools of IOMMU mapped bounce buffers: they stay mapped, and are unmapped when they have not been used lately.
// C: drivers/iommu/io-buffer-pool.c, patch 4/4, on v5.13-rc7. See docs/porting.md#io-buffer-pool

import { check_options, type shape_of, whole } from '@iommu-bounce/linux-shim/options';
import {
  ALIGN,
  BUG_ON,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  EFAULT,
  ENOMEM,
  ENOSPC,
  GFP_ATOMIC,
  GFP_KERNEL,
  LOCKUP_TURNS,
  INIT_LIST_HEAD,
  PAGE_SHIFT,
  PAGE_SIZE,
  PageHighMem,
  andnot64,
  check_page,
  delayed_work,
  deref,
  dev_name,
  dev_to_node,
  type device,
  dma_addr_t,
  type dma_data_direction,
  dma_get_mask,
  dma_get_max_seg_size,
  ffs,
  list_add,
  list_add_tail,
  list_del,
  list_empty,
  list_entry,
  list_first_entry,
  list_head,
  list_last_entry,
  lockup,
  type machine,
  mod_pow2,
  nth_page,
  or64,
  page,
  page_to_phys,
  page_to_virt,
  phys_addr_t,
  scatterlist,
  sg_dma_address,
  sg_next,
  sg_page,
  sg_table,
  spinlock_t,
  virt_addr_t,
  type work_struct,
  type workqueue_struct,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_CACHE,
  IOMMU_READ,
  IOMMU_WRITE,
  type dma_iommu_h,
  type iommu_c,
  type iommu_domain,
  iova_align,
  type iova_domain,
} from '@iommu-bounce/iommu-core';
import { type io_buffer_pool_h, type io_buffer_pool_out, to_cookie } from '@iommu-bounce/dma-iommu';

/** One bounce buffer, or the place for one. */
export class io_buffer_slot {
  static readonly sizeof = 40;
  readonly list = new list_head<io_buffer_slot>(this);
  /** What is mapped through it: a page, a list, or nothing. C: a void pointer, told apart by nobody (deviation 3) */
  orig_buffer: page | scatterlist | null = null;
  bounce_buffer: (page | null)[] | null = null;
  /** JS: how many of its pages, from each one on, lie behind each other in memory. Set when bounce_buffer is. */
  consecutive_pages: readonly number[] = [];
  /** Permission its pages are mapped with. */
  prot = 0;
  /** Seen by the eviction worker since it was put into the cache. */
  old_cache_entry = false;
  /** JS: its class (8 ns less than a second result of the lookup), and its place in the array, for C's pointer difference. */
  klass: io_buffer_class | null = null;
  index = 0;
  /** JS: its address once computed. V8 stores it boxed; returning the same box avoids a 16-byte allocation. */
  iova: dma_addr_t | null = null;
}

export type slot_list = list_head<io_buffer_slot>;

/** enum io_buffer_slot_type */
export type io_buffer_slot_type = 0 | 1 | 2;
export const IO_BUFFER_SLOT_TYPE_RO = 0;
export const IO_BUFFER_SLOT_TYPE_WO = 1;
export const IO_BUFFER_SLOT_TYPE_RW = 2;
export const IO_BUFFER_SLOT_TYPE_COUNT = 3;

/** Buffers of one size. */
export class io_buffer_class {
  static readonly sizeof = 104;
  /** Mapped and free, by permission, the one used last first. */
  readonly cached_slots = Array.from(
    { length: IO_BUFFER_SLOT_TYPE_COUNT },
    () => new list_head<io_buffer_slot>(),
  );
  /** Without pages. */
  readonly empty_slots = new list_head<io_buffer_slot>();
  readonly lock = new spinlock_t();
  unaligned_iova: dma_addr_t = dma_addr_t(0);
  iova_base: dma_addr_t = dma_addr_t(0);
  /** Bytes, a power of two. */
  buffer_size = 0;
  slots: io_buffer_slot[] = [];
  /** JS: 1 / buffer_size, exact for a power of two, and the end of all slots: dividing is 6 % of a hit with 64 in flight. */
  per_byte = 0;
  iova_end: dma_addr_t = dma_addr_t(0);
}

/** The pool of a domain. */
export class io_buffer_pool {
  static readonly sizeof = 112;
  evict_wq: workqueue_struct | null = null;
  readonly evict_work = new delayed_work();
  domain: iommu_domain | null = null;
  /** NUMA node of its pages, unsigned as in C. */
  nid = 0;
  classes: io_buffer_class[] = [];
  /** JS: what io_buffer_pool_find_buffer found last: a pair looks one to three times, 11 % of a hit. */
  recent_slot: io_buffer_slot | null = null;
}

/** Milliseconds between two rounds of eviction: an unused buffer goes one to two of them after its last use. */
export const EVICT_PERIOD_MSEC = 5000;

/** Module parameters. */
export interface io_buffer_pool_params {
  /** Slots of each class, 0..2^32-1; 0: no pool. Default 1024. */
  readonly num_slots?: number;
  /** Bit i enables the class of PAGE_SIZE << i bytes, 0..255; 0: no pool. Default 1 | 4 | 32. */
  readonly class_sizes?: number;
}

/** JS: within their C types, as the kernel's parser would have them. */
export const io_buffer_pool_params_shape: shape_of<io_buffer_pool_params> = {
  num_slots: whole(0, 2 ** 32 - 1),
  class_sizes: whole(0, 255),
};

/** C hides the pool's type from dma-iommu.c; a pointer that comes back from there is taken at its word: deviation 8. */
function to_pool(pool: object): io_buffer_pool {
  return pool as io_buffer_pool;
}

/** container_of(): the pool of its delayed work. */
function pool_of_work(work: work_struct): io_buffer_pool {
  return to_pool(deref(work.container));
}

/** drivers/iommu/io-buffer-pool.c */
export class io_buffer_pool_c implements io_buffer_pool_h {
  protected readonly num_slots: number;
  protected readonly class_sizes: number;
  protected num_classes = 0;
  // JS: C's msecs_to_jiffies(EVICT_PERIOD_MSEC), which its compiler folds; to divide each time the cache was empty took 2 ns.
  protected readonly evict_period: number;

  /** Module parameters and their types. */
  static readonly module_param = { num_slots: 'uint', class_sizes: 'byte' } as const;
  /** What other objects may link against; io_buffer_class_init is not static in C either. */
  static readonly symbols = [
    'io_buffer_class_init',
    'io_buffer_pool_init',
    'io_buffer_pool_destroy',
    'io_buffer_pool_unmap_buffer',
    'io_buffer_pool_map_page',
    'io_buffer_pool_map_sg',
    'io_buffer_pool_sync_single',
    'io_buffer_pool_sync_sg',
  ] as const;
  /** What it needs of dma-iommu.o; before patch 3/4 nobody provides it. */
  static readonly undefined_symbols = [
    '__iommu_dma_free_pages',
    '__iommu_dma_alloc_iova',
    '__iommu_dma_free_iova',
    '__iommu_dma_alloc_pages',
  ] as const;

  /**
   * @param dma_iommu called back by the pool: C's circle between the two files, closed by the linker
   * @throws OptionError for a parameter outside its C type
   */
  constructor(
    protected readonly k: machine,
    protected readonly iommu: Pick<iommu_c, 'iommu_map_sg_atomic' | 'iommu_unmap'>,
    protected readonly dma_iommu: Pick<
      dma_iommu_h,
      (typeof io_buffer_pool_c.undefined_symbols)[number]
    >,
    params: io_buffer_pool_params = {},
  ) {
    check_options('io_buffer_pool', params, io_buffer_pool_params_shape);
    this.num_slots = params.num_slots ?? 1024; // deviation 7
    this.evict_period = this.k.timers.msecs_to_jiffies(EVICT_PERIOD_MSEC);
    this.class_sizes = params.class_sizes ?? 32 | 4 | 1;
  }

  protected init_num_classes(): number {
    let sizes_mask = this.class_sizes;
    let count = 0;

    while (sizes_mask) {
      count += sizes_mask & 1;
      sizes_mask >>= 1;
    }

    this.num_classes = count; // deviation 7: a global in C
    return this.num_classes;
  }

  protected io_buffer_slot_to_iova(slot: io_buffer_slot, klass: io_buffer_class): dma_addr_t {
    // JS: computed once: see io_buffer_slot.
    return (slot.iova ??= dma_addr_t(klass.iova_base + klass.buffer_size * slot.index)); // finding 78; deviation 2
  }

  protected io_buffer_class_get_cache(klass: io_buffer_class, prot: number): slot_list {
    prot &= IOMMU_READ | IOMMU_WRITE;
    const { cached_slots } = klass;
    if (prot === IOMMU_READ) return cached_slots[IO_BUFFER_SLOT_TYPE_RO] as slot_list;
    else if (prot === IOMMU_WRITE) return cached_slots[IO_BUFFER_SLOT_TYPE_WO] as slot_list;
    BUG_ON(prot === 0, 'io_buffer_class_get_cache without a permission');
    return cached_slots[IO_BUFFER_SLOT_TYPE_RW] as slot_list;
  }

  protected io_buffer_pool_free_slot(
    pool: io_buffer_pool,
    klass: io_buffer_class,
    slot: io_buffer_slot,
  ): boolean {
    const iova = this.io_buffer_slot_to_iova(slot, klass);

    const unmapped = this.iommu.iommu_unmap(deref(pool.domain), iova, klass.buffer_size); // finding 36

    if (unmapped !== klass.buffer_size) {
      this.k.log.pr_err('Failed to unmap bounce buffer, leaking buffer.');
      return false; // finding 21
    }

    this.dma_iommu.__iommu_dma_free_pages(deref(slot.bounce_buffer), klass.buffer_size / PAGE_SIZE);
    return true;
  }

  protected __io_buffer_pool_evict(pool: io_buffer_pool, pool_teardown: boolean): void {
    let requeue = false;

    for (let i = 0; i < this.num_classes; i++) {
      const klass = deref(pool.classes[i]);

      let flags = this.k.locks.spin_lock_irqsave(klass.lock);
      for (let j = 0; j < IO_BUFFER_SLOT_TYPE_COUNT; j++) {
        const cache = deref(klass.cached_slots[j]);
        let turns = 0; // JS: of each of the two loops, which after a double unmap never end: finding 22

        while (!list_empty(cache)) {
          if (++turns > LOCKUP_TURNS) lockup('eviction from a list without an end');
          const slot = list_last_entry(cache);
          if (!pool_teardown && !slot.old_cache_entry) break; // findings 3 and 63
          list_del(slot.list);
          this.k.locks.spin_unlock_irqrestore(klass.lock, flags);

          const freed = this.io_buffer_pool_free_slot(pool, klass, slot);

          flags = this.k.locks.spin_lock_irqsave(klass.lock);

          // A slot whose address is in an unknown state is never used again.
          if (freed) list_add(slot.list, klass.empty_slots);
        }

        turns = 0;
        for (let at = cache.next; at !== cache; at = at.next) {
          if (++turns > LOCKUP_TURNS) lockup('eviction walks a list without an end');
          list_entry(at).old_cache_entry = true;
          requeue = true;
        }
      }
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
    }

    if (!pool_teardown && requeue)
      this.k.workqueue.queue_delayed_work(deref(pool.evict_wq), pool.evict_work, this.evict_period);
  }

  protected io_buffer_pool_evict(work: work_struct): void {
    const pool = pool_of_work(work);
    this.__io_buffer_pool_evict(pool, false);
  }

  /**
   * Sets up one class with buffers of `buffer_size` bytes: slots and addresses, no page; may sleep. 0, -ENOMEM or
   * -ENOSPC, and then nothing is held. C: io-buffer-pool.c io_buffer_class_init, patch 4/4
   */
  io_buffer_class_init(
    klass: io_buffer_class,
    dev: device,
    domain: iommu_domain,
    buffer_size: number,
  ): number {
    const slots = this.k.slab.kcalloc(this.num_slots, io_buffer_slot, GFP_KERNEL); // finding 64
    if (!slots) return -ENOMEM;
    klass.slots = slots;

    this.k.locks.spin_lock_init(klass.lock);
    for (let i = 0; i < IO_BUFFER_SLOT_TYPE_COUNT; i++)
      INIT_LIST_HEAD(deref(klass.cached_slots[i]));
    INIT_LIST_HEAD(klass.empty_slots);
    for (let i = 0; i < this.num_slots; i++) {
      const slot = deref(slots[i]);
      slot.klass = klass;
      slot.index = i;
      list_add_tail(slot.list, klass.empty_slots);
    }

    klass.buffer_size = buffer_size;
    klass.unaligned_iova = this.dma_iommu.__iommu_dma_alloc_iova(
      domain,
      this.reserved_size(buffer_size), // findings 35, 77 and 78
      dma_get_mask(dev), // findings 15 and 16
      dev,
    );
    if (!klass.unaligned_iova) {
      this.k.slab.kfree(klass.slots);
      return -ENOSPC;
    }

    // A buffer is aligned to its size, a power of two, so that no segment of it crosses a segment boundary.
    klass.iova_base = dma_addr_t(ALIGN(klass.unaligned_iova, klass.buffer_size)); // finding 33
    klass.iova_end = dma_addr_t(klass.iova_base + klass.buffer_size * this.num_slots);
    klass.per_byte = 1 / klass.buffer_size;
    return 0;
  }

  /** JS: the product that C writes out thrice: bytes of one buffer more than there are slots, counted in 32 bits. */
  protected reserved_size(buffer_size: number): number {
    return buffer_size * ((this.num_slots + 1) >>> 0);
  }

  /**
   * Makes a domain's pool for its first device, all addresses taken and no page; if the domain has one, checks that the
   * device can reach it. May sleep. 0 (also without a pool, if the parameters say so), -ENOMEM, -ENOSPC or -EFAULT;
   * after an error there is no new pool and nothing is held. C: io-buffer-pool.c io_buffer_pool_init, patch 4/4
   */
  io_buffer_pool_init(
    dev: device,
    domain: iommu_domain,
    iovad: iova_domain,
    pool_out: io_buffer_pool_out,
  ): number {
    let ret: number;

    // finding 14: never reached
    if (pool_out.bounce_buffers) {
      const pool = to_pool(pool_out.bounce_buffers);
      for (let i = 0; i < this.num_classes; i++) {
        const klass = deref(pool.classes[i]);
        const iova_end = klass.iova_base + klass.buffer_size * this.num_slots;
        if (andnot64(iova_end - 1, dma_get_mask(dev))) {
          this.k.log.pr_err(`io-buffer-pool out of range of ${dev_name(dev)}`);
          return -EFAULT;
        }
      }
      if (pool.nid !== dev_to_node(dev) >>> 0)
        this.k.log.pr_warn(
          `node mismatch: pool=${String(pool.nid | 0)} dev=${String(dev_to_node(dev))}`,
        );
      return 0;
    }

    pool_out.bounce_buffers = null;

    if (this.init_num_classes() === 0 || this.num_slots === 0) return 0;

    const pool = this.k.slab.kzalloc(
      io_buffer_pool,
      GFP_KERNEL,
      io_buffer_class.sizeof * this.num_classes,
    );
    if (!pool) return -ENOMEM;
    // JS: in C the classes are the tail of the same allocation: deviation 4.
    pool.classes = Array.from({ length: this.num_classes }, () => new io_buffer_class());

    out_wq_alloc_fail: {
      this.k.workqueue.INIT_DELAYED_WORK(
        pool.evict_work,
        (work) => {
          this.io_buffer_pool_evict(work);
        },
        pool,
      );
      pool.evict_wq = this.k.workqueue.create_singlethread_workqueue('io-buffer-pool');
      if (!pool.evict_wq) {
        ret = -ENOMEM;
        break out_wq_alloc_fail;
      }

      let i = 0;
      out_class_init_fail: {
        let class_size_mask = this.class_sizes;
        for (; i < this.num_classes; i++) {
          const bit_idx = ffs(class_size_mask) - 1;
          BUG_ON(bit_idx < 0, 'fewer class sizes than classes');
          const buffer_size = iova_align(iovad, PAGE_SIZE) * 2 ** bit_idx; // finding 77
          class_size_mask &= ~(1 << bit_idx);

          ret = this.io_buffer_class_init(deref(pool.classes[i]), dev, domain, buffer_size);
          if (ret) break out_class_init_fail;
        }

        pool.domain = domain;
        pool.nid = dev_to_node(dev) >>> 0;

        pool_out.bounce_buffers = pool;
        return 0;
      }
      while (--i >= 0) {
        const klass = deref(pool.classes[i]);

        this.dma_iommu.__iommu_dma_free_iova(
          to_cookie(domain),
          klass.unaligned_iova,
          this.reserved_size(klass.buffer_size),
          null,
        );
        this.k.slab.kfree(klass.slots);
      }
      this.k.workqueue.destroy_workqueue(pool.evict_wq);
    }
    this.k.slab.kfree(pool);
    return ret;
  }

  /**
   * Frees the cached buffers, the addresses and the pool; may sleep. Buffers in use stay mapped, and their pages are
   * lost. C: io-buffer-pool.c io_buffer_pool_destroy, patch 4/4
   */
  io_buffer_pool_destroy(pool_in: object | null): void {
    if (!pool_in) return;
    const pool = to_pool(pool_in);

    this.k.workqueue.cancel_delayed_work_sync(pool.evict_work);
    this.k.workqueue.destroy_workqueue(deref(pool.evict_wq));
    this.__io_buffer_pool_evict(pool, true); // finding 20: only what is cached

    for (let i = 0; i < this.num_classes; i++) {
      const klass = deref(pool.classes[i]);

      this.dma_iommu.__iommu_dma_free_iova(
        to_cookie(deref(pool.domain)),
        klass.unaligned_iova,
        this.reserved_size(klass.buffer_size),
        null,
      );
      this.k.slab.kfree(klass.slots);
    }
    this.k.slab.kfree(pool);
  }

  /** The slot of an address, or null; JS: C returns its class too, through a pointer; a slot knows it (deviation 1). */
  protected io_buffer_pool_find_buffer(
    pool: io_buffer_pool,
    handle: dma_addr_t,
  ): io_buffer_slot | null {
    const recent = pool.recent_slot;
    // JS: most lookups are for the buffer that the last one found: a map's sync, then an unmap's sync and release.
    if (recent !== null && recent.iova === handle) return recent;
    for (let i = 0; i < this.num_classes; i++) {
      const cur = pool.classes[i] as io_buffer_class;
      // findings 9, 78 and 82: in use or not, and in C up to a sum of 32 bits on a 32-bit kernel
      if (handle >= cur.iova_base && handle < cur.iova_end)
        // JS: the slot; C returns true.
        return (pool.recent_slot = cur.slots[
          ((handle - cur.iova_base) * cur.per_byte) >>> 0
        ] as io_buffer_slot);
    }
    return null; // JS: null; C returns false
  }

  /**
   * Puts the buffer of an address into the cache, without copying; false if the address is not the pool's. Never sleeps.
   * C: io-buffer-pool.c io_buffer_pool_unmap_buffer, patch 4/4
   */
  io_buffer_pool_unmap_buffer(pool_in: object | null, handle: dma_addr_t): boolean {
    if (!pool_in) return false;
    const pool = to_pool(pool_in);
    const slot = this.io_buffer_pool_find_buffer(pool, handle);
    if (!slot) return false;
    const klass = slot.klass as io_buffer_class;

    const flags = this.k.locks.spin_lock_irqsave(klass.lock);

    const cache = this.io_buffer_class_get_cache(klass, slot.prot); // finding 23
    if (list_empty(cache))
      this.k.workqueue.queue_delayed_work(deref(pool.evict_wq), pool.evict_work, this.evict_period);

    slot.orig_buffer = null; // finding 69
    list_add(slot.list, cache); // findings 10 and 22: in use or not
    slot.old_cache_entry = false;

    this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
    return true;
  }

  protected io_buffer_pool_fill_slot(
    pool: io_buffer_pool,
    klass: io_buffer_class,
    slot: io_buffer_slot,
    prot: number,
  ): boolean {
    const iova = this.io_buffer_slot_to_iova(slot, klass);
    const sgt = new sg_table(); // deviation 6
    let mapped = 0;
    const domain = deref(pool.domain);

    const count = klass.buffer_size / PAGE_SIZE;
    slot.bounce_buffer = this.dma_iommu.__iommu_dma_alloc_pages(
      count,
      Math.floor(or64(domain.pgsize_bitmap, PAGE_SIZE) / PAGE_SIZE),
      pool.nid | 0,
      GFP_ATOMIC, // finding 2: not zeroed
      GFP_ATOMIC,
    );
    if (!slot.bounce_buffer) return false;
    slot.consecutive_pages = this.count_consecutive(slot.bounce_buffer); // deviation 5

    out_free_pages: {
      if (
        this.k.sg.sg_alloc_table_from_pages(
          sgt,
          slot.bounce_buffer,
          count,
          0,
          klass.buffer_size,
          GFP_ATOMIC,
        )
      )
        break out_free_pages; // finding 38

      mapped = this.iommu.iommu_map_sg_atomic(domain, iova, deref(sgt.sgl), sgt.orig_nents, prot);

      this.k.sg.sg_free_table(sgt);
    }
    if (mapped < klass.buffer_size) {
      this.dma_iommu.__iommu_dma_free_pages(slot.bounce_buffer, count);
      return false;
    }

    slot.prot = prot;
    return true;
  }

  /** JS: the steps of C's copy loop, once for a buffer; at each copy they are 9 % of a 128 KiB hit. */
  protected count_consecutive(pages: readonly (page | null)[]): number[] {
    const counts = pages.map(() => 1);
    for (let i = pages.length - 2; i >= 0; i--)
      if (deref(pages[i]).pfn + 1 === deref(pages[i + 1]).pfn)
        counts[i] = (counts[i + 1] as number) + 1;
    return counts;
  }

  protected io_buffer_pool_map_buffer(
    pool_in: object | null,
    orig_buffer: page | scatterlist,
    size: number,
    prot: number,
    _attrs: number,
  ): dma_addr_t {
    if (!pool_in) return DMA_MAPPING_ERROR;
    const pool = to_pool(pool_in);

    let i = 0;
    for (; i < this.num_classes; i++)
      if (size <= (pool.classes[i] as io_buffer_class).buffer_size) break; // finding 71

    if (i === this.num_classes) return DMA_MAPPING_ERROR;
    const klass = pool.classes[i] as io_buffer_class;

    let flags = this.k.locks.spin_lock_irqsave(klass.lock);

    let slot: io_buffer_slot | null = null;
    const cache = this.io_buffer_class_get_cache(klass, prot);
    // JS: C asks list_empty first; here an empty list has no entry to look at.
    let turns = 0; // not counted for the first entry, which nearly always fits
    // finding 32
    for (let at = cache.next; at !== cache; at = at.next) {
      const tmp = list_entry(at);
      // finding 4: which page it is for does not matter
      if (tmp.prot === prot) {
        slot = tmp;
        list_del(slot.list);
        break;
      }
      if (++turns > LOCKUP_TURNS) lockup('a search of a list without an end'); // finding 22
    }

    if (slot === null) {
      if (list_empty(klass.empty_slots)) {
        this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
        return DMA_MAPPING_ERROR; // findings 30 and 31
      }

      slot = list_first_entry(klass.empty_slots);
      list_del(slot.list);
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);

      if (!this.io_buffer_pool_fill_slot(pool, klass, slot, prot)) {
        flags = this.k.locks.spin_lock_irqsave(klass.lock);
        list_add(slot.list, klass.empty_slots);
        this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
        return DMA_MAPPING_ERROR;
      }
    } else {
      this.k.locks.spin_unlock_irqrestore(klass.lock, flags);
    }

    // findings 2, 69 and 72: no lock is held, the rest of the slot keeps what it had
    // finding 83: for as long as the mapping lasts
    slot.orig_buffer = orig_buffer;
    return this.io_buffer_slot_to_iova(slot, klass);
  }

  /**
   * Takes a buffer of the smallest class that holds offset + size bytes, and keeps the offset in the address. Nothing is
   * copied yet; never sleeps. DMA_MAPPING_ERROR if there is no pool, class, slot or memory.
   * C: io-buffer-pool.c io_buffer_pool_map_page, patch 4/4
   */
  io_buffer_pool_map_page(
    pool: object | null,
    p: page,
    offset: number,
    size: number,
    prot: number,
    attrs: number,
  ): dma_addr_t {
    const iova = this.io_buffer_pool_map_buffer(pool, p, offset + size, prot, attrs); // finding 71
    // finding 76: of no bytes at the end of a slot, this is the address of the next one
    return iova === DMA_MAPPING_ERROR || offset === 0 ? iova : dma_addr_t(iova + offset);
  }

  /**
   * Takes one buffer for all bytes of a list, back to back, and cuts it at the device's segment size. Nothing is copied
   * yet; never sleeps. Number of device segments, 0 if there is no pool, class, slot or memory.
   * C: io-buffer-pool.c io_buffer_pool_map_sg, patch 4/4
   */
  io_buffer_pool_map_sg(
    pool: object | null,
    dev: device,
    sgl: scatterlist,
    nents: number,
    prot: number,
    attrs: number,
  ): number {
    let size = 0;

    let i = 0;
    for (let s: scatterlist | null = sgl; i < nents; i++, s = sg_next(s))
      size = (size + deref(s).length) >>> 0; // finding 28

    // finding 34: without the offset in the page
    let iova = this.io_buffer_pool_map_buffer(pool, sgl, size, prot, attrs);
    if (iova === DMA_MAPPING_ERROR) return 0;

    let sg: scatterlist | null = sgl;
    i = 0;
    while (size > 0) {
      const seg_size = Math.min(size, dma_get_max_seg_size(dev)); // finding 33

      const cur: scatterlist = deref(sg, 'more device segments than list entries'); // finding 29
      cur.dma_length = seg_size;
      cur.dma_address = iova;

      sg = sg_next(cur);
      size -= seg_size;
      if (size > 0) iova = dma_addr_t(iova + seg_size); // JS: behind the last segment nobody looks at it
      i++;
    }

    // findings 11 and 70: one entry, not all that follow, whether it is one of the list or not
    if (sg) {
      sg.dma_address = DMA_MAPPING_ERROR;
      sg.dma_length = 0;
    }

    return i; // finding 27: 0 for a list without bytes, which has a buffer
  }

  protected io_buffer_needs_sync(dir: dma_data_direction, sync_for_cpu: boolean): boolean {
    return (
      dir === DMA_BIDIRECTIONAL ||
      (dir === DMA_FROM_DEVICE && sync_for_cpu) ||
      (dir === DMA_TO_DEVICE && !sync_for_cpu)
    );
  }

  protected io_buffer_pool_do_sync(
    _pool: io_buffer_pool,
    _klass: io_buffer_class,
    slot: io_buffer_slot,
    bounce_offset: number,
    orig_page: page | null,
    orig_offset: number,
    size: number,
    dir: dma_data_direction,
    sync_for_cpu: boolean,
  ): void {
    const needs_buffer_sync = this.io_buffer_needs_sync(dir, sync_for_cpu);
    const dma_is_coherent = (slot.prot & IOMMU_CACHE) !== 0;

    if (dma_is_coherent && !needs_buffer_sync) return;

    // finding 79: of the first page only. JS: C has NULL for highmem in the pointer itself; a number that may be null is boxed at each call.
    const orig_is_highmem = orig_page !== null && PageHighMem(orig_page);
    const orig_lowmem_ptr = orig_page !== null ? page_to_virt(orig_page) : WILD_POINTER;

    while (size) {
      const bounce_buffer = deref(slot.bounce_buffer, 'a slot that never had pages');
      const page_idx = bounce_offset >>> PAGE_SHIFT;
      const bounce_page = deref(bounce_buffer[page_idx], 'beyond the bounce buffer'); // finding 26; deviation 3
      const bounce_page_offset = bounce_offset & (PAGE_SIZE - 1);

      let copy_len = size;
      if (copy_len + bounce_page_offset > PAGE_SIZE) {
        // As many pages as lie behind each other in memory go at once.
        const consecutive_pages = slot.consecutive_pages[page_idx] as number;
        // JS: C counts them here, each time, in a loop with nth_page and min, PAGE_SIZE by PAGE_SIZE (deviation 5).
        const new_copy_len = consecutive_pages * PAGE_SIZE - bounce_page_offset;
        if (new_copy_len < copy_len) copy_len = new_copy_len; // JS: C breaks off its loop at min of it and PAGE_SIZE
      }

      if (!dma_is_coherent && sync_for_cpu) {
        const paddr = page_to_phys(bounce_page);

        this.k.arch.arch_sync_dma_for_cpu(phys_addr_t(paddr + bounce_page_offset), copy_len, dir);
      }

      if (needs_buffer_sync) {
        // Right for lowmem only, while the pages may be highmem: finding 7.
        const bounce_ptr = virt_addr_t(page_to_virt(bounce_page) + bounce_page_offset);

        if (orig_is_highmem) {
          this.copy_highmem(orig_page, orig_offset, bounce_ptr, copy_len, sync_for_cpu); // deviation 6
        } else if (sync_for_cpu) {
          // finding 1: the full length, whatever the device wrote
          this.k.mm.memcpy(virt_addr_t(orig_lowmem_ptr + orig_offset), bounce_ptr, copy_len);
        } else {
          this.k.mm.memcpy(bounce_ptr, virt_addr_t(orig_lowmem_ptr + orig_offset), copy_len);
        }
      }

      if (!dma_is_coherent && !sync_for_cpu) {
        const paddr = page_to_phys(bounce_page);

        this.k.arch.arch_sync_dma_for_device(
          phys_addr_t(paddr + bounce_page_offset),
          copy_len,
          dir,
        );
      }

      bounce_offset += copy_len;
      orig_offset += copy_len;
      size -= copy_len;
    }
  }

  /** JS: the loop that C has in the function above, page by page; out of line, so that the rest can be inlined. */
  protected copy_highmem(
    orig_page: page,
    orig_offset: number,
    bounce_ptr: virt_addr_t,
    remaining: number,
    sync_for_cpu: boolean,
  ): void {
    let offset = mod_pow2(orig_offset, PAGE_SIZE);
    let orig_page_idx = Math.floor(orig_offset / PAGE_SIZE);

    while (remaining) {
      const sz = Math.min(remaining, PAGE_SIZE - offset);

      const flags = this.k.context.local_irq_save();
      const orig_ptr = this.k.highmem.kmap_atomic(nth_page(orig_page, orig_page_idx));
      if (sync_for_cpu) {
        this.k.mm.memcpy(virt_addr_t(orig_ptr + offset), bounce_ptr, sz);
      } else {
        this.k.mm.memcpy(bounce_ptr, virt_addr_t(orig_ptr + offset), sz);
      }
      this.k.highmem.kunmap_atomic(orig_ptr);
      this.k.context.local_irq_restore(flags);

      remaining -= sz;
      orig_page_idx += 1;
      bounce_ptr = virt_addr_t(bounce_ptr + sz);
      offset = 0;
    }
  }

  /**
   * Copies `size` bytes of a page mapping from an address on, if the direction asks for it; false if the address is not
   * the pool's. An oops for a slot whose mapping is none or a list's.
   * C: io-buffer-pool.c io_buffer_pool_sync_single, patch 4/4
   */
  io_buffer_pool_sync_single(
    pool: object | null,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    sync_for_cpu: boolean,
  ): boolean {
    if (!pool) return false;
    const slot = this.io_buffer_pool_find_buffer(to_pool(pool), dma_handle);
    if (!slot) return false;
    const klass = slot.klass as io_buffer_class;

    // JS: an integer from here on (a buffer has at most 512 KiB); with the offsets below as integers too, 15 ns of a copy.
    const offset = (dma_handle - this.io_buffer_slot_to_iova(slot, klass)) | 0;
    const orig = slot.orig_buffer;
    this.io_buffer_pool_do_sync(
      to_pool(pool),
      klass,
      slot,
      offset,
      orig instanceof page ? orig : no_page(orig), // findings 24 and 25; deviation 3
      offset,
      size,
      dir,
      sync_for_cpu,
    );

    return true;
  }

  /**
   * Copies all bytes of a list, if the direction asks for it; false if it is not the very list that was mapped.
   * C: io-buffer-pool.c io_buffer_pool_sync_sg, patch 4/4
   */
  io_buffer_pool_sync_sg(
    pool: object | null,
    sgl: scatterlist,
    nelems: number,
    dir: dma_data_direction,
    sync_for_cpu: boolean,
  ): boolean {
    if (!pool) return false;
    const slot = this.io_buffer_pool_find_buffer(to_pool(pool), sg_dma_address(sgl));
    if (!slot) return false;
    const klass = slot.klass as io_buffer_class;

    // An address left over in a list that is mapped otherwise now, or not yet, finds a slot too.
    if (slot.orig_buffer !== sgl) return false; // findings 6, 9 and 69

    let bounce_offset = 0;
    // finding 81: the caller's number, not that of the map
    for (let i = 0, it: scatterlist | null = sgl; i < nelems; i++, it = sg_next(it)) {
      const iter = deref(it);
      this.io_buffer_pool_do_sync(
        to_pool(pool),
        klass,
        slot,
        bounce_offset,
        sg_page(iter),
        iter.offset,
        iter.length,
        dir,
        sync_for_cpu,
      );
      bounce_offset += iter.length;
    }

    return true;
  }
}

/** JS: null, as for C's wild pointer. Out of line, and the first to see what a caller gave as a page. */
function no_page(orig: scatterlist | null): null {
  if (orig !== null && !(orig instanceof scatterlist)) check_page('dma_map_page_attrs', orig);
  return null;
}

/** JS: what C's arithmetic makes of something that is no page: copying there is an oops. */
const WILD_POINTER = virt_addr_t(2 ** 52);
