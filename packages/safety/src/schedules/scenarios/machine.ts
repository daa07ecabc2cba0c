// SPDX-License-Identifier: GPL-2.0-only
// A small machine with a pool, whose code is the derived forms: booted once by the port itself, then brought back to that
// state before each run.

import {
  type delayed_work,
  INIT_LIST_HEAD,
  PAGE_SIZE,
  device,
  list_add_tail,
  type list_head,
  type machine,
  type page,
  type spinlock_t,
  check_ptr,
} from '@iommu-bounce/linux-shim';
import { type iommu_domain, type table_domain, to_table_domain } from '@iommu-bounce/iommu-core';
import {
  type io_buffer_pool,
  type io_buffer_slot,
  pool_of,
  wire_io_buffer_pool,
  type wired_io_buffer_pool,
} from '@iommu-bounce/io-buffer-pool';
import { to_cookie, type iommu_dma_cookie } from '@iommu-bounce/dma-iommu';
import * as derivedPool from '../derived/io-buffer-pool';
import * as derivedDma from '../derived/dma-iommu';
import * as derivedIova from '../derived/iova';
import * as derivedIommu from '../derived/iommu';
import type { Executor } from '../executor';
import { Kernel } from '../kernel';
import { Snapshot } from './snapshot';
import { StackPages, WaitingWork, steppingDriver, waitingTimers } from './parts';

/** The classes that a machine runs: the derived ones, or mutants of them. */
export interface Derived {
  readonly io_buffer_pool_c: { readonly prototype: object };
  readonly dma_iommu_c: { readonly prototype: object };
  readonly iova_c: { readonly prototype: object };
  readonly iommu_c: { readonly prototype: object };
}

export const DERIVED: Derived = {
  io_buffer_pool_c: derivedPool.io_buffer_pool_c,
  dma_iommu_c: derivedDma.dma_iommu_c,
  iova_c: derivedIova.iova_c,
  iommu_c: derivedIommu.iommu_c,
};

export interface MachineOptions {
  readonly cpus: number;
  /** Slots of the pool's one class. Default 2. */
  readonly slots?: number;
  /** Free pages. Default 8. */
  readonly pages?: number;
  readonly derived?: Derived;
  /** Everything is put back before each run, for those that end a domain or make one. Default: what maps and unmaps change. */
  readonly whole?: boolean;
}

/** What a driver calls, as steps. */
export interface SteppingDma {
  iommu_dma_map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
  ): Generator<undefined, number, undefined>;
  iommu_dma_unmap_page(
    dev: device,
    handle: number,
    size: number,
    dir: number,
    attrs: number,
  ): Generator<undefined, void, undefined>;
  iommu_dma_sync_single_for_cpu(
    dev: device,
    handle: number,
    size: number,
    dir: number,
  ): Generator<undefined, void, undefined>;
  iommu_put_dma_cookie(domain: iommu_domain): Generator<undefined, void, undefined>;
}

export class PoolMachine {
  readonly k: machine;
  readonly kernel: Kernel;
  readonly dev: device;
  readonly domain: table_domain;
  readonly pool: io_buffer_pool;
  readonly dma: SteppingDma;
  /** Pages of drivers, one for each thread. */
  readonly buffers: readonly page[];
  readonly pages: StackPages;
  private readonly wired: wired_io_buffer_pool;
  private readonly cookie: iommu_dma_cookie;
  private readonly live: Set<object>;
  private readonly liveAtStart: ReadonlySet<object>;
  private readonly locks: spinlock_t[] = [];
  private readonly addresses: Snapshot;
  private readonly everything: Snapshot | null;

  constructor(
    readonly rt: Executor,
    options: MachineOptions,
  ) {
    const { cpus, slots = 2, pages = 8, derived = DERIVED, whole = false } = options;
    this.wired = wire_io_buffer_pool({
      num_slots: slots,
      class_sizes: 1,
      machine: {
        nr_cpus: cpus,
        memory: { nodes: [{ lowmem_pages: 64 }] },
        parts: { page_alloc: StackPages, workqueue: WaitingWork },
      },
    });
    const { k } = this.wired;
    this.k = k;
    this.dev = new device('device');
    const domain = this.wired.plug(this.dev);
    this.domain = to_table_domain(domain);
    this.cookie = to_cookie(domain);
    this.pool = check_ptr(pool_of(domain), 'io_buffer_pool_init');
    this.buffers = Array.from({ length: 4 }, () =>
      check_ptr(k.page_alloc.alloc_pages(0, 0), 'buffer'),
    );
    if (!(k.page_alloc instanceof StackPages)) throw new TypeError('not the pages of a run');
    this.pages = k.page_alloc;
    this.pages.fill(pages);
    waitingTimers(k.timers);
    this.live = (k.slab as unknown as { live: Set<object> }).live;
    this.liveAtStart = new Set(this.live);
    this.kernel = new Kernel(rt);
    rt.monitor = this.kernel;
    rt.onSwitch = (cpu) => {
      k.context.run_on_cpu(cpu);
    };
    this.nameObjects();
    this.addresses = new Snapshot([this.cookie.iovad], [this.cookie, ...this.locks]);
    this.derive(derived);
    this.dma = this.wired.dma_iommu as unknown as SteppingDma;
    this.everything = whole ? this.copy() : null;
  }

  /** The pool's code, as the eviction work runs it. */
  get evictor(): { io_buffer_pool_evict(work: object): Generator<undefined, void, undefined> } {
    return this.wired.io_buffer_pool as unknown as PoolMachine['evictor'];
  }

  /** The eviction work of the pool. */
  get work(): delayed_work {
    return this.pool.evict_work;
  }

  /** From here on, the machine's code is that of the derived classes. */
  private derive(derived: Derived): void {
    Object.assign(this.k, { rt: this.kernel });
    const { io_buffer_pool, dma_iommu, iova, iommu, driver } = this.wired;
    Object.setPrototypeOf(io_buffer_pool, derived.io_buffer_pool_c.prototype);
    Object.setPrototypeOf(dma_iommu, derived.dma_iommu_c.prototype);
    Object.setPrototypeOf(iova, derived.iova_c.prototype);
    Object.setPrototypeOf(iommu, derived.iommu_c.prototype);
    Object.assign(driver, steppingDriver);
    // Boot closed the circle between the two with functions that return nothing.
    Object.assign(io_buffer_pool, { dma_iommu });
  }

  private nameObjects(): void {
    const { kernel, cookie, pool } = this;
    const lock = (one: spinlock_t, name: string): void => {
      kernel.name(one, name);
      this.locks.push(one);
    };
    pool.classes.forEach((klass, i) => {
      lock(klass.lock, `io_buffer_class.lock ${String(i)}`);
    });
    kernel.name(pool.evict_work, 'evict_work');
    const { iovad } = cookie;
    kernel.watchedFrom = this.rt.names.length;
    lock(iovad.iova_rbtree_lock, 'iova_domain.iova_rbtree_lock');
    iovad.rcaches.forEach((rcache, i) => {
      lock(rcache.lock, `iova_rcache.lock ${String(i)}`);
      rcache.cpu_rcaches?.ptrs.forEach((one, cpu) => {
        lock(one.lock, `iova_cpu_rcache.lock ${String(i)} ${String(cpu)}`);
      });
    });
  }

  /** All of the machine as it is now, but for the bytes of its memory. */
  copy(): Snapshot {
    const { io_buffer_pool, dma_iommu, iova, iommu, driver } = this.wired;
    const roots = [this.k, io_buffer_pool, dma_iommu, iova, iommu, driver, this.domain, this.dev];
    return new Snapshot(roots, [this.kernel]);
  }

  /** Brings all that a run can change back; a test compares it with a copy of everything. */
  reset(): void {
    this.everything?.restore();
    const { k, pool, pages, live, liveAtStart, domain } = this;
    for (const klass of pool.classes) {
      for (const cache of klass.cached_slots) INIT_LIST_HEAD(cache);
      INIT_LIST_HEAD(klass.empty_slots);
      for (const slot of klass.slots) {
        this.resetSlot(slot, klass.empty_slots);
        const iova = klass.iova_base + klass.buffer_size * slot.index;
        if (domain.table.mapped_pages > 0) domain.table.unmap(iova as never, klass.buffer_size);
      }
    }
    for (const lock of this.locks) lock.owner = -1;
    if (this.kernel.watched) {
      this.addresses.restore();
      this.kernel.watched = false;
    }
    pool.evict_work.work.pending = false;
    pool.recent_slot = null;
    k.locks.held = 0;
    k.log.lines.length = 0;
    k.log.warnings = k.log.sleeping_in_atomic = 0;
    for (let cpu = k.context.nr_cpus - 1; cpu >= 0; cpu--) {
      k.context.run_on_cpu(cpu);
      k.context.current.preempt_count = 0;
      k.context.current.irqs_off = 0;
    }
    pages.rewind();
    for (const one of live) if (!liveAtStart.has(one)) live.delete(one);
    if (live.size !== liveAtStart.size) for (const one of liveAtStart) live.add(one);
  }

  private resetSlot(slot: io_buffer_slot, empty: list_head<io_buffer_slot>): void {
    slot.orig_buffer = null;
    slot.bounce_buffer = null;
    slot.prot = 0;
    slot.old_cache_entry = false;
    list_add_tail(slot.list, empty);
  }

  /** What the kernel itself complained about. */
  checkLog(): void {
    const { log } = this.k;
    for (const { level, text } of log.lines)
      if (level === 'bug')
        this.rt.fail(text.includes('sleeping function') ? 'sleep-in-atomic' : 'warning', text);
  }

  /** Nothing is held, nothing is lost: each slot is cached with its pages or empty, and the lists are whole. */
  checkRest(): void {
    const { rt, k, pool, pages } = this;
    this.checkLog();
    if (k.locks.held !== 0)
      rt.fail('lock-held', `${String(k.locks.held)} locks are held at the end`);
    let cached = 0;
    for (const klass of pool.classes) {
      const seen = new Set<object>();
      for (const list of [...klass.cached_slots, klass.empty_slots]) {
        let turns = 0;
        for (let at = list.next; at !== list; at = at.next) {
          if (at.next.prev !== at || at.owner === null || ++turns > klass.slots.length) {
            rt.fail('list-corruption', 'a list of the pool is not whole');
            return;
          }
          if (seen.has(at.owner)) rt.fail('list-corruption', 'a slot is on two lists');
          seen.add(at.owner);
          if (list !== klass.empty_slots) cached++;
        }
      }
      if (seen.size !== klass.slots.length)
        rt.fail('leak', `${String(klass.slots.length - seen.size)} slots are on no list`);
    }
    if (pages.pagesOut() !== cached)
      rt.fail(
        'leak',
        `${String(pages.pagesOut())} pages are out, ${String(cached)} slots are cached`,
      );
    if (this.domain.table.mapped_pages !== cached)
      rt.fail(
        'leak',
        `${String(this.domain.table.mapped_pages)} pages are mapped, ${String(cached)} slots are cached`,
      );
  }

  /** The pool is gone, and all that it had. */
  checkGone(): void {
    const { rt, pages } = this;
    if (pages.pagesOut() !== 0) rt.fail('leak', `${String(pages.pagesOut())} pages are out`);
    const { mapped_pages } = this.domain.table;
    if (mapped_pages !== 0) rt.fail('leak', `${String(mapped_pages)} pages are mapped`);
  }

  /** The bytes that the device reaches at an address, or null. */
  translate(iova: number, write: boolean): Uint8Array | null {
    const { table } = this.domain;
    const prot = table.prot(iova as never);
    if (prot < 0 || (prot & (write ? 2 : 1)) === 0) return null;
    const phys = table.iova_to_phys(iova as never);
    const p = this.k.mm.pfn_to_page(Math.floor(phys / PAGE_SIZE));
    if (p._refcount === 0) {
      this.rt.fail('device-sees-freed', `the device reaches page ${String(p.pfn)}, which is free`);
      return null;
    }
    return this.k.mm.bytes_at(phys, 16);
  }
}
