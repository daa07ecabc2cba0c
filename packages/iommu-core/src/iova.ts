// SPDX-License-Identifier: GPL-2.0-only
// The allocator of I/O virtual addresses: red-black tree, per-CPU range caches, flush queues.
// C: drivers/iommu/iova.c and include/linux/iova.h of v5.13-rc7. See docs/porting.md#iova

import {
  ALIGN_DOWN,
  BIT,
  BUG_ON,
  ENOMEM,
  GFP_ATOMIC,
  GFP_KERNEL,
  PAGE_SIZE,
  U64_MAX,
  ULONG_MAX,
  __GFP_NOWARN,
  __ffs,
  deref,
  dma_addr_t as to_dma_addr,
  type dma_addr_t,
  fls_long,
  is_power_of_2,
  lockup,
  type kmem_cache,
  type machine,
  mutex,
  type opaque,
  order_base_2,
  type page,
  type percpu,
  rb_erase,
  rb_first,
  rb_insert_color,
  rb_link_node,
  rb_next,
  rb_node,
  rb_prev,
  rb_root,
  rbtree_postorder_for_each_entry_safe,
  spinlock_t,
  timer_list,
  u64_add,
  u64_sub,
} from '@iommu-bounce/linux-shim';

/** Ranges up to 2^(this - 1) pages are cached. */
export const IOVA_RANGE_CACHE_MAX_SIZE = 6;
/** Magazines in a size's depot. */
export const MAX_GLOBAL_MAGS = 32;
/** Entries of a CPU's flush queue; one always stays free. */
export const IOVA_FQ_SIZE = 256;
/** Milliseconds until queued entries are flushed. */
export const IOVA_FQ_TIMEOUT = 10;
/** The node above everything, where the search from the top begins: deviation 2. */
const IOVA_ANCHOR = ULONG_MAX;
const IOVA_MAG_SIZE = 128;

/** An allocated or reserved range of page frames, both ends inclusive. C: include/linux/iova.h */
export class iova {
  static readonly sizeof = 40;
  readonly node = new rb_node<iova>(this);
  pfn_hi = 0;
  pfn_lo = 0;
}

export class iova_magazine {
  static readonly sizeof: number = 1032;
  size = 0;
  /** JS: takes room as it fills; most magazines of a machine stay empty. C: pfns[IOVA_MAG_SIZE] */
  readonly pfns: number[] = [];
}

export class iova_cpu_rcache {
  static readonly sizeof = 24;
  readonly lock = new spinlock_t();
  loaded: iova_magazine | null = null;
  prev: iova_magazine | null = null;
}

/** The cache of one size. C: include/linux/iova.h */
export class iova_rcache {
  readonly lock = new spinlock_t();
  depot_size = 0;
  readonly depot: (iova_magazine | null)[] = new Array<iova_magazine | null>(MAX_GLOBAL_MAGS).fill(
    null,
  );
  cpu_rcaches: percpu<iova_cpu_rcache> | null = null;
}

/** Flushes the IOTLB of the domain that the allocator belongs to. */
export type iova_flush_cb = (iovad: iova_domain) => void;
/** Frees what was queued with an entry. */
export type iova_entry_dtor = (data: page | null) => void;

export class iova_fq_entry {
  iova_pfn = 0;
  pages = 0;
  data: page | null = null;
  /** Flushes started when the entry was queued. */
  counter = 0;
}

/** One CPU's flush queue, a ring. C: include/linux/iova.h */
export class iova_fq {
  static readonly sizeof = 8208;
  readonly entries = Array.from({ length: IOVA_FQ_SIZE }, () => new iova_fq_entry());
  head = 0;
  tail = 0;
  readonly lock = new spinlock_t();
}

/** All addresses of a domain. C: include/linux/iova.h */
export class iova_domain {
  readonly iova_rbtree_lock = new spinlock_t();
  readonly rbroot = new rb_root<iova>();
  /** Where the last search ended, above and below 4 GiB. */
  cached_node: rb_node<iova> | null = null;
  cached32_node: rb_node<iova> | null = null;
  /** Bytes of an address page; 0: not initialised. */
  granule = 0;
  /** JS: 1 / granule, exact for a power of two: a product where C shifts, a quarter of a division's time. */
  per_granule = 0;
  /** The lowest frame that may be handed out; never 0 once initialised. */
  start_pfn = 0;
  dma_32bit_pfn = 0;
  /** Size of the last allocation that failed below 4 GiB; as large ones need not try. */
  max32_alloc_size = 0;
  fq: percpu<iova_fq> | null = null;
  fq_flush_start_cnt = 0;
  fq_flush_finish_cnt = 0;
  readonly anchor = new iova();
  readonly rcaches = Array.from({ length: IOVA_RANGE_CACHE_MAX_SIZE }, () => new iova_rcache());
  flush_cb: iova_flush_cb | null = null;
  entry_dtor: iova_entry_dtor | null = null;
  readonly fq_timer = new timer_list();
  fq_timer_on = 0;

  /** @param container JS: the struct it sits in, for container_of() */
  constructor(readonly container: opaque | null = null) {}
}

// What include/linux/iova.h has inline.

/** include/linux/iova.h */
export function iova_size(range: iova): number {
  return range.pfn_hi - range.pfn_lo + 1;
}

/** include/linux/iova.h */
export function iova_shift(iovad: iova_domain): number {
  return __ffs(iovad.granule);
}

/** include/linux/iova.h */
export function iova_mask(iovad: iova_domain): number {
  return iovad.granule - 1;
}

/** include/linux/iova.h */
export function iova_offset(iovad: iova_domain, addr: number): number {
  return addr & iova_mask(iovad); // a granule is a page at most: the low 32 bits that `&` takes hold the offset
}

/** include/linux/iova.h */
export function iova_align(iovad: iova_domain, size: number): number {
  return size + (-size & iova_mask(iovad));
}

/** First address of a range. include/linux/iova.h */
export function iova_dma_addr(iovad: iova_domain, range: iova): dma_addr_t {
  return to_dma_addr(range.pfn_lo * iovad.granule);
}

/** Frame of an address, or frames in a size. C: `iova >> iova_shift(iovad)`, include/linux/iova.h */
export function iova_pfn(iovad: iova_domain, addr: number): number {
  return Math.floor(addr * iovad.per_granule);
}

function to_iova(node: rb_node<iova>): iova {
  return node.owner;
}

function __is_range_overlap(node: rb_node<iova>, pfn_lo: number, pfn_hi: number): boolean {
  const range = to_iova(node);
  return pfn_lo <= range.pfn_hi && pfn_hi >= range.pfn_lo; // JS: C has a branch that returns 1 or 0
}

function iova_magazine_full(mag: iova_magazine | null): boolean {
  return mag !== null && mag.size === IOVA_MAG_SIZE;
}

export function iova_magazine_empty(mag: iova_magazine | null): boolean {
  return mag === null || mag.size === 0;
}

/** drivers/iommu/iova.c */
export class iova_c {
  private iova_cache: kmem_cache<iova> | null = null;
  private iova_cache_users = 0;
  private readonly iova_cache_mutex = new mutex();
  /** Domains that want to hear of CPUs going away. */
  private readonly cpuhp_instances = new Set<iova_domain>();

  /** What other objects may link against. */
  static readonly symbols = [
    'init_iova_domain',
    'init_iova_flush_queue',
    'iova_cache_get',
    'iova_cache_put',
    'alloc_iova',
    'find_iova',
    '__free_iova',
    'free_iova',
    'alloc_iova_fast',
    'free_iova_fast',
    'queue_iova',
    'put_iova_domain',
    'reserve_iova',
  ] as const;

  constructor(protected readonly k: machine) {}

  /** Gives back what a CPU that goes away has cached. C: iova.c, called by CPU hotplug */
  private iova_cpuhp_dead(cpu: number, iovad: iova_domain): void {
    this.free_cpu_cached_iovas(cpu, iovad);
    // JS: C returns 0 to the hotplug core.
  }

  /** JS: stands for the hotplug core's call of every instance: deviation 3. */
  cpuhp_dead(cpu: number): void {
    for (const iovad of this.cpuhp_instances) this.iova_cpuhp_dead(cpu, iovad);
  }

  /**
   * @param granule bytes of an address page, a power of two up to PAGE_SIZE
   * @param start_pfn lowest frame to hand out, >= 1
   * C: iova.c init_iova_domain
   */
  init_iova_domain(iovad: iova_domain, granule: number, start_pfn: number): void {
    BUG_ON(granule > PAGE_SIZE || !is_power_of_2(granule), 'iova granule');

    this.k.locks.spin_lock_init(iovad.iova_rbtree_lock);
    iovad.rbroot.rb_node = null; // JS: RB_ROOT
    iovad.cached_node = iovad.anchor.node;
    iovad.cached32_node = iovad.anchor.node;
    iovad.granule = granule;
    iovad.per_granule = 1 / granule;
    iovad.start_pfn = start_pfn; // finding 67
    iovad.dma_32bit_pfn = BIT(32 - iova_shift(iovad));
    iovad.max32_alloc_size = iovad.dma_32bit_pfn;
    iovad.flush_cb = null;
    iovad.fq = null;
    iovad.anchor.pfn_lo = iovad.anchor.pfn_hi = IOVA_ANCHOR;
    rb_link_node(iovad.anchor.node, null, iovad.rbroot);
    rb_insert_color(iovad.anchor.node, iovad.rbroot);
    this.cpuhp_instances.add(iovad);
    this.init_iova_rcaches(iovad);
  }

  private has_iova_flush_queue(iovad: iova_domain): boolean {
    return iovad.fq !== null;
  }

  protected free_iova_flush_queue(iovad: iova_domain): void {
    if (!this.has_iova_flush_queue(iovad)) return;

    if (this.k.timers.timer_pending(iovad.fq_timer)) this.k.timers.del_timer(iovad.fq_timer); // finding 66

    this.fq_destroy_all_entries(iovad);

    iovad.fq = null; // deviation 4
    iovad.flush_cb = null;
    iovad.entry_dtor = null;
  }

  /** Makes freeing deferred; 0 or -ENOMEM. C: iova.c init_iova_flush_queue */
  init_iova_flush_queue(
    iovad: iova_domain,
    flush_cb: iova_flush_cb,
    entry_dtor: iova_entry_dtor,
  ): number {
    iovad.fq_flush_start_cnt = 0;
    iovad.fq_flush_finish_cnt = 0;

    const queue = this.k.percpu.alloc_percpu(iova_fq);
    if (!queue) return -ENOMEM;

    iovad.flush_cb = flush_cb;
    iovad.entry_dtor = entry_dtor;

    for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++) {
      const fq = this.k.percpu.per_cpu_ptr(queue, cpu);
      fq.head = 0;
      fq.tail = 0;
      this.k.locks.spin_lock_init(fq.lock);
    }

    iovad.fq = queue;

    this.k.timers.timer_setup(iovad.fq_timer, () => {
      this.fq_flush_timeout(iovad);
    });
    iovad.fq_timer_on = 0;

    return 0;
  }

  private __get_cached_rbnode(iovad: iova_domain, limit_pfn: number): rb_node<iova> {
    if (limit_pfn <= iovad.dma_32bit_pfn) return deref(iovad.cached32_node);
    return deref(iovad.cached_node);
  }

  private __cached_rbnode_insert_update(iovad: iova_domain, range: iova): void {
    if (range.pfn_hi < iovad.dma_32bit_pfn) iovad.cached32_node = range.node;
    else iovad.cached_node = range.node;
  }

  protected __cached_rbnode_delete_update(iovad: iova_domain, free: iova): void {
    let cached_iova = to_iova(deref(iovad.cached32_node));
    if (
      free === cached_iova ||
      // finding 48
      (free.pfn_hi < iovad.dma_32bit_pfn && free.pfn_lo >= cached_iova.pfn_lo)
    ) {
      iovad.cached32_node = rb_next(free.node);
      iovad.max32_alloc_size = iovad.dma_32bit_pfn;
    }

    cached_iova = to_iova(deref(iovad.cached_node));
    if (free.pfn_lo >= cached_iova.pfn_lo) iovad.cached_node = rb_next(free.node);
  }

  /** The lowest node at or above a limit, roughly: where a new search from the top may begin. */
  private iova_find_limit(iovad: iova_domain, limit_pfn: number): rb_node<iova> {
    // Only worth the descent below 4 GiB; above, the anchor is near enough.
    if (limit_pfn > iovad.dma_32bit_pfn) return iovad.anchor.node;

    let node = deref(iovad.rbroot.rb_node);
    while (to_iova(node).pfn_hi < limit_pfn) node = deref(node.rb_right);

    search_left: for (;;) {
      while (node.rb_left && to_iova(node.rb_left).pfn_lo >= limit_pfn) node = node.rb_left;

      if (!node.rb_left) return node;

      let next = node.rb_left;
      while (next.rb_right) {
        next = next.rb_right;
        if (to_iova(next).pfn_lo >= limit_pfn) {
          node = next;
          continue search_left;
        }
      }

      return node;
    }
  }

  /** @param start a node in whose subtree the range belongs, or null for the whole tree */
  private iova_insert_rbtree(root: rb_root<iova>, range: iova, start: rb_node<iova> | null): void {
    let parent: rb_node<iova> | null = null;
    let link: 'rb_left' | 'rb_right' | null = null;
    let at = start ?? root.rb_node;
    while (at) {
      const here = to_iova(at);
      parent = at;
      if (range.pfn_lo < here.pfn_lo) {
        link = 'rb_left';
        at = at.rb_left;
      } else if (range.pfn_lo > here.pfn_lo) {
        link = 'rb_right';
        at = at.rb_right;
      } else {
        this.k.log.WARN_ON(true, 'iova inserted twice');
        return;
      }
    }
    rb_link_node(range.node, parent, link ?? root);
    rb_insert_color(range.node, root);
  }

  /** @param limit_pfn the first frame that is too high; 0 or -ENOMEM */
  private __alloc_and_insert_iova_range(
    iovad: iova_domain,
    size: number,
    limit_pfn: number,
    range: iova,
    size_aligned: boolean,
  ): number {
    let high_pfn = limit_pfn;
    let low_pfn = iovad.start_pfn;
    // JS: C keeps a mask, U64_MAX shifted if size_aligned; here it is the unit it rounds down to.
    const align = size_aligned ? BIT(fls_long(size - 1)) : 1;

    const flags = this.k.locks.spin_lock_irqsave(iovad.iova_rbtree_lock);
    iova32_full: {
      if (limit_pfn <= iovad.dma_32bit_pfn && size >= iovad.max32_alloc_size) break iova32_full;

      let curr: rb_node<iova> | null = this.__get_cached_rbnode(iovad, limit_pfn);
      let curr_iova = to_iova(curr);
      const retry_pfn = u64_add(curr_iova.pfn_hi, 1); // wraps to 0 at the anchor: finding 45

      let new_pfn: number;
      let prev: rb_node<iova>;
      let retried = false;
      retry: for (;;) {
        do {
          high_pfn = Math.min(high_pfn, curr_iova.pfn_lo);
          new_pfn = ALIGN_DOWN(u64_sub(high_pfn, size), align);
          prev = curr;
          curr = rb_prev(curr);
          // JS: at the end of the tree C computes an iova from NULL and does not use it.
          if (curr) curr_iova = to_iova(curr);
        } while (curr && new_pfn <= curr_iova.pfn_hi && new_pfn >= low_pfn);

        if (high_pfn < size || new_pfn < low_pfn) {
          if (low_pfn === iovad.start_pfn && retry_pfn < limit_pfn) {
            // JS: a second retry finds what the first one found, for ever, with the lock held: finding 46
            if (retried) lockup('an address search whose retry_pfn is start_pfn');
            retried = true;
            high_pfn = limit_pfn;
            low_pfn = retry_pfn;
            curr = this.iova_find_limit(iovad, limit_pfn);
            curr_iova = to_iova(curr);
            continue retry;
          }
          iovad.max32_alloc_size = size;
          break iova32_full;
        }
        break;
      }

      range.pfn_lo = new_pfn;
      range.pfn_hi = range.pfn_lo + size - 1;

      this.iova_insert_rbtree(iovad.rbroot, range, prev);
      this.__cached_rbnode_insert_update(iovad, range);

      this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);
      return 0;
    }
    this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);
    return -ENOMEM;
  }

  private alloc_iova_mem(): iova | null {
    return this.k.slab.kmem_cache_zalloc(deref(this.iova_cache), GFP_ATOMIC | __GFP_NOWARN);
  }

  private free_iova_mem(range: iova): void {
    if (range.pfn_lo !== IOVA_ANCHOR) this.k.slab.kmem_cache_free(deref(this.iova_cache), range);
  }

  /** C: iova.c iova_cache_get */
  iova_cache_get(): number {
    this.k.locks.mutex_lock(this.iova_cache_mutex);
    // JS: two things cannot fail here, iova_cpuhp_dead for CPU hotplug (deviation 3) and making the cache: for these C has a pr_err,
    // a mutex_unlock and an error, the latter ENOMEM.
    if (this.iova_cache_users === 0)
      this.iova_cache = this.k.slab.kmem_cache_create('iommu_iova', iova, 'iova_alloc');
    this.iova_cache_users++;
    this.k.locks.mutex_unlock(this.iova_cache_mutex);
    return 0;
  }

  /** C: iova.c iova_cache_put */
  iova_cache_put(): void {
    this.k.locks.mutex_lock(this.iova_cache_mutex);
    if (this.k.log.WARN_ON(this.iova_cache_users === 0, 'iova_cache_put without a user')) {
      this.k.locks.mutex_unlock(this.iova_cache_mutex);
      return;
    }
    this.iova_cache_users--;
    if (this.iova_cache_users === 0) this.iova_cache = null; // deviation 3
    this.k.locks.mutex_unlock(this.iova_cache_mutex);
  }

  /**
   * A range of `size` frames from the top down, at most `limit_pfn`, aligned to its size rounded up to a power of two
   * if `size_aligned`; null if there is none. C: iova.c alloc_iova
   */
  alloc_iova(
    iovad: iova_domain,
    size: number,
    limit_pfn: number,
    size_aligned: boolean,
  ): iova | null {
    const new_iova = this.alloc_iova_mem();
    if (!new_iova) return null;

    const ret = this.__alloc_and_insert_iova_range(
      iovad,
      size,
      u64_add(limit_pfn, 1), // finding 49: 0 for all ones
      new_iova,
      size_aligned,
    );

    if (ret) {
      this.free_iova_mem(new_iova);
      return null;
    }

    return new_iova;
  }

  private private_find_iova(iovad: iova_domain, pfn: number): iova | null {
    let node = iovad.rbroot.rb_node;

    this.k.locks.assert_spin_locked(iovad.iova_rbtree_lock);

    while (node) {
      const range = to_iova(node);
      if (pfn < range.pfn_lo) node = node.rb_left;
      else if (pfn > range.pfn_hi) node = node.rb_right;
      else return range;
    }

    return null;
  }

  /** Also v5.14's remove_iova: deviation 6. */
  private private_free_iova(iovad: iova_domain, range: iova): void {
    this.k.locks.assert_spin_locked(iovad.iova_rbtree_lock);
    this.__cached_rbnode_delete_update(iovad, range);
    rb_erase(range.node, iovad.rbroot);
    this.free_iova_mem(range);
  }

  /** The range a frame lies in, or null. C: iova.c find_iova */
  find_iova(iovad: iova_domain, pfn: number): iova | null {
    const flags = this.k.locks.spin_lock_irqsave(iovad.iova_rbtree_lock);
    const range = this.private_find_iova(iovad, pfn);
    this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);
    return range;
  }

  /** C: iova.c __free_iova */
  __free_iova(iovad: iova_domain, range: iova): void {
    const flags = this.k.locks.spin_lock_irqsave(iovad.iova_rbtree_lock);
    this.private_free_iova(iovad, range);
    this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);
  }

  /** Frees the range a frame lies in, if any. C: iova.c free_iova */
  free_iova(iovad: iova_domain, pfn: number): void {
    const flags = this.k.locks.spin_lock_irqsave(iovad.iova_rbtree_lock);
    const range = this.private_find_iova(iovad, pfn);
    // JS: C returns if there is none.
    if (range) this.private_free_iova(iovad, range);
    this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);
  }

  /**
   * First frame of a range from the caches, else from the tree; 0 if there is none.
   * @param flush_rcache empty the caches and try again before giving up
   * C: iova.c alloc_iova_fast
   */
  alloc_iova_fast(
    iovad: iova_domain,
    size: number,
    limit_pfn: number,
    flush_rcache: boolean,
  ): number {
    const cached_pfn = this.iova_rcache_get(iovad, size, u64_add(limit_pfn, 1));
    if (cached_pfn) return cached_pfn;

    retry: for (;;) {
      const new_iova = this.alloc_iova(iovad, size, limit_pfn, true);
      if (!new_iova) {
        if (!flush_rcache) return 0;

        flush_rcache = false;
        for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++)
          this.free_cpu_cached_iovas(cpu, iovad);
        this.free_global_cached_iovas(iovad);
        continue retry;
      }

      return new_iova.pfn_lo;
    }
  }

  /** Frees into the caches if they take it. C: iova.c free_iova_fast */
  free_iova_fast(iovad: iova_domain, pfn: number, size: number): void {
    if (this.iova_rcache_insert(iovad, pfn, size)) return;

    this.free_iova(iovad, pfn);
  }

  private fq_full(fq: iova_fq): boolean {
    this.k.locks.assert_spin_locked(fq.lock);
    return (fq.tail + 1) % IOVA_FQ_SIZE === fq.head;
  }

  private fq_ring_add(fq: iova_fq): number {
    const idx = fq.tail;

    this.k.locks.assert_spin_locked(fq.lock);

    fq.tail = (idx + 1) % IOVA_FQ_SIZE;

    return idx;
  }

  /** Frees the entries that were queued before the last flush that has finished. */
  private fq_ring_free(iovad: iova_domain, fq: iova_fq): void {
    const counter = iovad.fq_flush_finish_cnt;

    this.k.locks.assert_spin_locked(fq.lock);

    for (let idx = fq.head; idx !== fq.tail; idx = (idx + 1) % IOVA_FQ_SIZE) {
      const entry = deref(fq.entries[idx]);
      if (entry.counter >= counter) break;

      if (iovad.entry_dtor) iovad.entry_dtor(entry.data);

      this.free_iova_fast(iovad, entry.iova_pfn, entry.pages);

      fq.head = (fq.head + 1) % IOVA_FQ_SIZE;
    }
  }

  private iova_domain_flush(iovad: iova_domain): void {
    iovad.fq_flush_start_cnt++; // deviation 1
    deref(iovad.flush_cb)(iovad);
    iovad.fq_flush_finish_cnt++;
  }

  /** The domain goes away: what hangs on the entries is freed, the addresses are not. */
  private fq_destroy_all_entries(iovad: iova_domain): void {
    if (!iovad.entry_dtor) return;

    for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++) {
      const fq = this.k.percpu.per_cpu_ptr(deref(iovad.fq), cpu);
      for (let idx = fq.head; idx !== fq.tail; idx = (idx + 1) % IOVA_FQ_SIZE)
        iovad.entry_dtor(deref(fq.entries[idx]).data);
    }
  }

  private fq_flush_timeout(iovad: iova_domain): void {
    iovad.fq_timer_on = 0; // finding 66
    this.iova_domain_flush(iovad);

    for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++) {
      const fq = this.k.percpu.per_cpu_ptr(deref(iovad.fq), cpu);
      const flags = this.k.locks.spin_lock_irqsave(fq.lock);
      this.fq_ring_free(iovad, fq);
      this.k.locks.spin_unlock_irqrestore(fq.lock, flags);
    }
  }

  /** Frees a range after the next flush; `data` goes to the entry's destructor. C: iova.c queue_iova */
  queue_iova(iovad: iova_domain, pfn: number, pages: number, data: page | null): void {
    const fq = this.k.percpu.raw_cpu_ptr(deref(iovad.fq));

    const flags = this.k.locks.spin_lock_irqsave(fq.lock);

    // What another CPU has flushed meanwhile need not fill the ring.
    this.fq_ring_free(iovad, fq);

    if (this.fq_full(fq)) {
      this.iova_domain_flush(iovad);
      this.fq_ring_free(iovad, fq);
    }

    const entry = deref(fq.entries[this.fq_ring_add(fq)]);

    entry.iova_pfn = pfn;
    entry.pages = pages;
    entry.data = data;
    entry.counter = iovad.fq_flush_start_cnt; // deviation 1

    this.k.locks.spin_unlock_irqrestore(fq.lock, flags);

    if (iovad.fq_timer_on === 0) {
      iovad.fq_timer_on = 1;
      this.k.timers.mod_timer(
        iovad.fq_timer,
        this.k.timers.jiffies() + this.k.timers.msecs_to_jiffies(IOVA_FQ_TIMEOUT),
      );
    }
  }

  /** Frees everything of a domain. C: iova.c put_iova_domain */
  put_iova_domain(iovad: iova_domain): void {
    this.cpuhp_instances.delete(iovad);

    this.free_iova_flush_queue(iovad);
    this.free_iova_rcaches(iovad);
    for (const range of rbtree_postorder_for_each_entry_safe(iovad.rbroot))
      this.free_iova_mem(range);
  }

  private alloc_and_init_iova(pfn_lo: number, pfn_hi: number): iova | null {
    const range = this.alloc_iova_mem();
    if (range) {
      range.pfn_lo = pfn_lo;
      range.pfn_hi = pfn_hi;
    }

    return range;
  }

  private __insert_new_range(iovad: iova_domain, pfn_lo: number, pfn_hi: number): iova | null {
    const range = this.alloc_and_init_iova(pfn_lo, pfn_hi);
    if (range) this.iova_insert_rbtree(iovad.rbroot, range, null);

    return range;
  }

  /** Grows a range downwards; returns the new pfn_lo of what is left to reserve. JS: C changes it through a pointer. */
  private __adjust_overlap_range(range: iova, pfn_lo: number, pfn_hi: number): number {
    if (pfn_lo < range.pfn_lo) range.pfn_lo = pfn_lo;
    if (pfn_hi > range.pfn_hi) return range.pfn_hi + 1; // JS: *pfn_lo
    return pfn_lo; // JS: *pfn_lo, as it was
  }

  /** Keeps frames pfn_lo..pfn_hi from being handed out; null on failure. C: iova.c reserve_iova */
  reserve_iova(iovad: iova_domain, pfn_lo: number, pfn_hi: number): iova | null {
    // deviation 5; JS: C has one comparison for both frames.
    const max_pfn = Math.floor(U64_MAX / iovad.granule);
    let range: iova | null;
    let overlap = false;

    if (
      this.k.log.WARN_ON(pfn_hi > max_pfn || pfn_lo > max_pfn, 'reserve_iova of nonsensical frames')
    )
      return null;

    const flags = this.k.locks.spin_lock_irqsave(iovad.iova_rbtree_lock);
    finish: {
      for (let node = rb_first(iovad.rbroot); node; node = rb_next(node)) {
        if (__is_range_overlap(node, pfn_lo, pfn_hi)) {
          range = to_iova(node);
          pfn_lo = this.__adjust_overlap_range(range, pfn_lo, pfn_hi); // finding 50: whoever owns it
          if (pfn_lo >= range.pfn_lo && pfn_hi <= range.pfn_hi) break finish;
          overlap = true;
        } else if (overlap) break;
      }

      range = this.__insert_new_range(iovad, pfn_lo, pfn_hi);
    }
    this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);
    return range;
  }

  protected iova_magazine_alloc(flags: number): iova_magazine | null {
    return this.k.slab.kzalloc(iova_magazine, flags);
  }

  protected iova_magazine_free(mag: iova_magazine | null): void {
    this.k.slab.kfree(mag);
  }

  protected iova_magazine_free_pfns(mag: iova_magazine | null, iovad: iova_domain): void {
    if (!mag) return;

    const flags = this.k.locks.spin_lock_irqsave(iovad.iova_rbtree_lock);

    for (let i = 0; i < mag.size; ++i) {
      const range = this.private_find_iova(iovad, mag.pfns[i] as number);

      if (this.k.log.WARN_ON(range === null, 'cached iova is not in the tree')) continue;

      this.private_free_iova(iovad, deref(range));
    }

    this.k.locks.spin_unlock_irqrestore(iovad.iova_rbtree_lock, flags);

    mag.size = 0;
  }

  /** A cached frame number up to limit_pfn, the last one in first; 0 if none is low enough. */
  protected iova_magazine_pop(mag: iova_magazine, limit_pfn: number): number {
    BUG_ON(iova_magazine_empty(mag), 'pop from an empty magazine');

    let i = mag.size - 1;
    for (; (mag.pfns[i] as number) > limit_pfn; i--) if (i === 0) return 0;

    const pfn = mag.pfns[i] as number;
    mag.pfns[i] = mag.pfns[--mag.size] as number;

    return pfn;
  }

  protected iova_magazine_push(mag: iova_magazine | null, pfn: number): void {
    BUG_ON(iova_magazine_full(mag), 'push to a full magazine');

    const m = deref(mag); // NULL when its allocation failed in init_iova_rcaches: finding 47
    m.pfns[m.size++] = pfn;
  }

  protected init_iova_rcaches(iovad: iova_domain): void {
    for (let i = 0; i < IOVA_RANGE_CACHE_MAX_SIZE; ++i) {
      const rcache = deref(iovad.rcaches[i]);
      this.k.locks.spin_lock_init(rcache.lock);
      rcache.depot_size = 0;
      rcache.cpu_rcaches = this.k.percpu.alloc_percpu(iova_cpu_rcache);
      if (this.k.log.WARN_ON(rcache.cpu_rcaches === null, 'no per-CPU range cache')) continue;
      const cpu_rcaches = deref(rcache.cpu_rcaches);
      for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++) {
        const cpu_rcache = this.k.percpu.per_cpu_ptr(cpu_rcaches, cpu);
        this.k.locks.spin_lock_init(cpu_rcache.lock);
        cpu_rcache.loaded = this.iova_magazine_alloc(GFP_KERNEL); // finding 47
        cpu_rcache.prev = this.iova_magazine_alloc(GFP_KERNEL);
      }
    }
  }

  protected __iova_rcache_insert(iovad: iova_domain, rcache: iova_rcache, pfn: number): boolean {
    let mag_to_free: iova_magazine | null = null;
    let can_insert = false;

    const cpu_rcache = this.k.percpu.raw_cpu_ptr(deref(rcache.cpu_rcaches));
    const flags = this.k.locks.spin_lock_irqsave(cpu_rcache.lock);

    // finding 47
    if (!iova_magazine_full(cpu_rcache.loaded)) {
      can_insert = true;
    } else if (!iova_magazine_full(cpu_rcache.prev)) {
      const prev = cpu_rcache.prev;
      cpu_rcache.prev = cpu_rcache.loaded;
      cpu_rcache.loaded = prev;
      can_insert = true;
    } else {
      const new_mag = this.iova_magazine_alloc(GFP_ATOMIC);

      if (new_mag) {
        this.k.locks.spin_lock(rcache.lock);
        if (rcache.depot_size < MAX_GLOBAL_MAGS) {
          rcache.depot[rcache.depot_size++] = cpu_rcache.loaded;
        } else {
          mag_to_free = cpu_rcache.loaded;
        }
        this.k.locks.spin_unlock(rcache.lock);

        cpu_rcache.loaded = new_mag;
        can_insert = true;
      }
    }

    if (can_insert) this.iova_magazine_push(cpu_rcache.loaded, pfn);

    this.k.locks.spin_unlock_irqrestore(cpu_rcache.lock, flags);

    if (mag_to_free) {
      this.iova_magazine_free_pfns(mag_to_free, iovad);
      this.iova_magazine_free(mag_to_free);
    }

    return can_insert;
  }

  private iova_rcache_insert(iovad: iova_domain, pfn: number, size: number): boolean {
    const log_size = order_base_2(size);

    if (log_size >= IOVA_RANGE_CACHE_MAX_SIZE) return false;

    return this.__iova_rcache_insert(iovad, iovad.rcaches[log_size] as iova_rcache, pfn);
  }

  protected __iova_rcache_get(rcache: iova_rcache, limit_pfn: number): number {
    let pfn = 0;
    let has_pfn = false;

    const cpu_rcache = this.k.percpu.raw_cpu_ptr(deref(rcache.cpu_rcaches));
    const flags = this.k.locks.spin_lock_irqsave(cpu_rcache.lock);

    if (!iova_magazine_empty(cpu_rcache.loaded)) {
      has_pfn = true;
    } else if (!iova_magazine_empty(cpu_rcache.prev)) {
      const prev = cpu_rcache.prev;
      cpu_rcache.prev = cpu_rcache.loaded;
      cpu_rcache.loaded = prev;
      has_pfn = true;
    } else {
      this.k.locks.spin_lock(rcache.lock);
      if (rcache.depot_size > 0) {
        this.iova_magazine_free(cpu_rcache.loaded);
        cpu_rcache.loaded = rcache.depot[--rcache.depot_size] as iova_magazine;
        has_pfn = true;
      }
      this.k.locks.spin_unlock(rcache.lock);
    }

    if (has_pfn) pfn = this.iova_magazine_pop(cpu_rcache.loaded as iova_magazine, limit_pfn);

    this.k.locks.spin_unlock_irqrestore(cpu_rcache.lock, flags);

    return pfn;
  }

  /** @param limit_pfn the first frame that is too high */
  private iova_rcache_get(iovad: iova_domain, size: number, limit_pfn: number): number {
    const log_size = order_base_2(size);

    if (log_size >= IOVA_RANGE_CACHE_MAX_SIZE) return 0;

    return this.__iova_rcache_get(iovad.rcaches[log_size] as iova_rcache, u64_sub(limit_pfn, size));
  }

  protected free_iova_rcaches(iovad: iova_domain): void {
    for (let i = 0; i < IOVA_RANGE_CACHE_MAX_SIZE; ++i) {
      const rcache = deref(iovad.rcaches[i]);
      const cpu_rcaches = deref(rcache.cpu_rcaches);
      for (let cpu = 0; cpu < this.k.percpu.nr_cpu_ids(); cpu++) {
        const cpu_rcache = this.k.percpu.per_cpu_ptr(cpu_rcaches, cpu);
        this.iova_magazine_free(cpu_rcache.loaded);
        this.iova_magazine_free(cpu_rcache.prev);
      }
      rcache.cpu_rcaches = null;
      for (let j = 0; j < rcache.depot_size; ++j) this.iova_magazine_free(rcache.depot[j] ?? null);
    }
  }

  protected free_cpu_cached_iovas(cpu: number, iovad: iova_domain): void {
    for (let i = 0; i < IOVA_RANGE_CACHE_MAX_SIZE; ++i) {
      const rcache = deref(iovad.rcaches[i]);
      const cpu_rcache = this.k.percpu.per_cpu_ptr(deref(rcache.cpu_rcaches), cpu);
      const flags = this.k.locks.spin_lock_irqsave(cpu_rcache.lock);
      this.iova_magazine_free_pfns(cpu_rcache.loaded, iovad);
      this.iova_magazine_free_pfns(cpu_rcache.prev, iovad);
      this.k.locks.spin_unlock_irqrestore(cpu_rcache.lock, flags);
    }
  }

  protected free_global_cached_iovas(iovad: iova_domain): void {
    for (let i = 0; i < IOVA_RANGE_CACHE_MAX_SIZE; ++i) {
      const rcache = deref(iovad.rcaches[i]);
      const flags = this.k.locks.spin_lock_irqsave(rcache.lock);
      for (let j = 0; j < rcache.depot_size; ++j) {
        this.iova_magazine_free_pfns(rcache.depot[j] ?? null, iovad);
        this.iova_magazine_free(rcache.depot[j] ?? null);
      }
      rcache.depot_size = 0;
      this.k.locks.spin_unlock_irqrestore(rcache.lock, flags);
    }
  }
}
