// SPDX-License-Identifier: GPL-2.0-only
// A small machine with a pool, whose code is the derived forms: booted once by the port itself, then brought back to that
// state before each run.

import {
  INIT_LIST_HEAD,
  device,
  dma_addr_t,
  list_add_tail,
  type list_head,
  type machine,
  type page,
  type spinlock_t,
  check_ptr,
} from '@iommu-bounce/linux-shim';
import {
  type DeviceDma,
  IOMMU_DOMAIN_DMA,
  type driver_factory,
  type interval_tree_node,
  type iommu_domain,
  type iommu_ops,
  type iova_domain,
  iova_fq_entry,
  new_virtio_iommu,
  type page_table,
  to_table_domain,
  viommu_domain,
  type virtio_iommu,
} from '@iommu-bounce/iommu-core';
import {
  type io_buffer_class,
  type io_buffer_pool,
  type io_buffer_slot,
  pool_of,
  wire_io_buffer_pool,
  type wired_io_buffer_pool,
} from '@iommu-bounce/io-buffer-pool';
import { to_cookie, type iommu_dma_cookie } from '@iommu-bounce/dma-iommu';
import type { Executor } from '../executor';
import { Kernel } from '../kernel';
import {
  DERIVED,
  type Derived,
  arePlainToo,
  type SteppingDma,
  type SteppingOps,
  type SteppingTimer,
  type SteppingWork,
} from './derived-classes';
import { DeviceAccess } from './device-access';
import { LiveObjects } from './live-objects';
import { nameObjects } from './names';
import { Snapshot, type ToldWrites } from './snapshot';
import { StackPages, WaitingWork, steppingDriver, waitingTimers } from './parts';

export interface PoolMachineOptions {
  readonly cpus: number;
  /** Slots of the pool's one class; 0: no pool. Default 2. */
  readonly slots?: number;
  /** Free pages. Default 8. */
  readonly pages?: number;
  readonly derived?: Derived;
  /** Addresses are freed after the next flush. Default false. */
  readonly lazy?: boolean;
  /** virtio-iommu in place of a table. Default false. */
  readonly virtio?: boolean;
  /** Everything is put back before each run, for those that end a domain or make one. Default: what maps and unmaps change. */
  readonly whole?: boolean;
}

export class PoolMachine {
  readonly k: machine;
  /** Whether its code is there as plain functions, too. */
  readonly hasPlainForms: boolean;
  readonly kernel: Kernel;
  readonly dev: device;
  readonly domain: iommu_domain;
  /** Another domain, whose addresses and pool are not set up. */
  readonly fresh: iommu_domain;
  /** Null without slots. */
  readonly pool: io_buffer_pool | null;
  readonly classes: readonly io_buffer_class[];
  readonly dma: SteppingDma;
  /** Pages of drivers, one for each thread. */
  readonly buffers: readonly page[];
  readonly pages: StackPages;
  /** Of the table driver; null with virtio-iommu. */
  private readonly table: page_table | null;
  private virtio: virtio_iommu | null = null;
  private endpoint: DeviceDma | null = null;
  /** What the device reads and writes. */
  readonly access: DeviceAccess;
  private readonly wired: wired_io_buffer_pool;
  private readonly cookie: iommu_dma_cookie;
  private readonly live: LiveObjects;
  private readonly locks: readonly spinlock_t[];
  private readonly addresses: Snapshot;
  /** The run before which all was as in the beginning. */
  private restoredFor = 0;
  /** Hundreds of entries of a flush queue: all their fields are watched, and only the derived forms write them. */
  private readonly told: ToldWrites = {
    tells: (object) => object instanceof iova_fq_entry,
    written: (object) => this.kernel.races.writtenIn(object) >= this.restoredFor,
  };
  private readonly everything: Snapshot | null;

  constructor(
    readonly rt: Executor,
    options: PoolMachineOptions,
  ) {
    const { cpus, slots = 2, pages = 8, derived = DERIVED } = options;
    const { lazy = false, virtio = false, whole = virtio } = options;
    this.hasPlainForms = arePlainToo(derived);
    this.dev = new device('device');
    this.wired = wire_io_buffer_pool({
      num_slots: slots,
      class_sizes: 1,
      strict: !lazy,
      ...(virtio ? { driver: (...args) => this.virtioDriver(...args) } : {}),
      machine: {
        nr_cpus: cpus,
        memory: { nodes: [{ lowmem_pages: 64 }] },
        parts: { page_alloc: StackPages, workqueue: WaitingWork },
      },
    });
    const { k } = this.wired;
    this.k = k;
    const domain = this.wired.plug(this.dev);
    this.domain = domain;
    this.table = virtio ? null : to_table_domain(domain).table;
    this.access = new DeviceAccess(rt, k, this.table ?? this.endpoint);
    this.cookie = to_cookie(domain);
    this.fresh = this.freshDomain();
    this.pool = pool_of(domain);
    this.classes = this.pool?.classes ?? [];
    this.buffers = Array.from({ length: 4 }, () =>
      check_ptr(k.page_alloc.alloc_pages(0, 0), 'buffer'),
    );
    if (!(k.page_alloc instanceof StackPages)) throw new TypeError('not the pages of a run');
    this.pages = k.page_alloc;
    this.pages.fill(pages);
    waitingTimers(k.timers);
    const slab = k.slab as unknown as { live: ReadonlySet<object> | LiveObjects };
    slab.live = this.live = new LiveObjects(slab.live as ReadonlySet<object>);
    this.kernel = new Kernel(rt);
    this.kernel.races.tellsWrites = lazy;
    rt.monitor = this.kernel;
    rt.onSwitch = (cpu) => {
      k.context.run_on_cpu(cpu);
    };
    this.locks = nameObjects(this);
    const { context, faults, log } = k;
    const rest = [this.cookie, this.live, context, faults, log, ...this.locks];
    const { iova_cache } = this.wired.iova as unknown as { iova_cache: object };
    this.addresses = new Snapshot([this.cookie.iovad, iova_cache, k.slab], rest, this.told);
    this.derive(derived);
    this.dma = this.wired.dma_iommu as unknown as SteppingDma;
    // The wheel is never turned: `waitingTimers` does without it.
    const { base } = k.timers as unknown as { base: object };
    this.everything = whole ? this.copy([base]) : null;
  }

  /** A domain that no device has used yet, as a group has it before its devices get their ops. */
  private freshDomain(): iommu_domain {
    const { driver } = this.wired;
    const domain = check_ptr(driver.domain_alloc(IOMMU_DOMAIN_DMA), 'domain_alloc');
    domain.type = IOMMU_DOMAIN_DMA;
    domain.ops = driver;
    domain.pgsize_bitmap = driver.pgsize_bitmap;
    return domain;
  }

  private virtioDriver(...[k, iommu, dma_iommu]: Parameters<driver_factory>): iommu_ops {
    // More than all threads together have in flight; each entry is put back before each run.
    const virtio = new_virtio_iommu(k, iommu, dma_iommu, { queues: { size: 16 } });
    this.endpoint = virtio.add_endpoint(this.dev, 1);
    this.virtio = virtio;
    return virtio.driver;
  }

  /** What the eviction work runs. */
  get evictor(): SteppingWork {
    return this.wired.io_buffer_pool as unknown as SteppingWork;
  }

  /** What the timer of the flush queue runs. */
  get flusher(): SteppingTimer {
    return this.wired.iova as unknown as SteppingTimer;
  }

  /** The IOMMU's driver, as the core calls it. */
  get driver(): SteppingOps {
    return this.wired.driver as unknown as SteppingOps;
  }

  get iovad(): iova_domain {
    return this.cookie.iovad;
  }

  /** From here on, the machine's code is that of the derived classes. */
  private derive(derived: Derived): void {
    Object.assign(this.k, { rt: this.kernel });
    const { io_buffer_pool, dma_iommu, iova, iommu, driver } = this.wired;
    Object.setPrototypeOf(io_buffer_pool, derived.io_buffer_pool_c.prototype);
    Object.setPrototypeOf(dma_iommu, derived.dma_iommu_c.prototype);
    Object.setPrototypeOf(iova, derived.iova_c.prototype);
    Object.setPrototypeOf(iommu, derived.iommu_c.prototype);
    if (this.table === null) {
      Object.setPrototypeOf(driver, derived.virtio_iommu_c.prototype);
      Object.assign(driver, requestsOfThreads(driver as unknown as RequestStack));
    }
    if (this.table !== null) Object.assign(driver, steppingDriver);
    // Boot closed the circle between the two with functions that return nothing.
    Object.assign(io_buffer_pool, { dma_iommu });
  }

  /**
   * All of the machine as it is now, but for the bytes of its memory.
   * @param not objects that are left out, with what only they lead to
   */
  copy(not: readonly object[] = []): Snapshot {
    const { io_buffer_pool, dma_iommu, iova, iommu, driver } = this.wired;
    const { k, domain, fresh, dev } = this;
    const roots = [k, io_buffer_pool, dma_iommu, iova, iommu, driver, domain, fresh, dev];
    return new Snapshot(roots, [this.kernel, ...not], this.told);
  }

  /** Brings all that a run can change back; a test compares it with a copy of everything. */
  reset(): void {
    const copy = this.everything ?? (this.kernel.watched ? this.addresses : null);
    if (copy !== null) {
      copy.restore();
      this.restoredFor = this.rt.runs;
      this.kernel.watched = false;
    }
    const { k, pool, pages, table } = this;
    for (const klass of this.classes) {
      for (const cache of klass.cached_slots) INIT_LIST_HEAD(cache);
      INIT_LIST_HEAD(klass.empty_slots);
      for (const slot of klass.slots) {
        this.resetSlot(slot, klass.empty_slots);
        const iova = dma_addr_t(klass.iova_base + klass.buffer_size * slot.index);
        if (table !== null && table.mapped_pages > 0) table.unmap(iova, klass.buffer_size);
      }
    }
    if (table !== null && table.mapped_pages > 0)
      for (const { iova, size } of table.ranges()) table.unmap(iova, size);
    for (const lock of this.locks) lock.owner = -1;
    if (pool !== null) {
      pool.evict_work.work.pending = false;
      pool.recent_slot = null;
    }
    this.iovad.fq_timer.due = 0;
    k.locks.held = 0;
    // To set a length takes long, even if it is the same.
    if (k.log.lines.length > 0) k.log.lines.length = 0;
    k.log.warnings = k.log.sleeping_in_atomic = 0;
    for (let cpu = k.context.nr_cpus - 1; cpu >= 0; cpu--) {
      k.context.run_on_cpu(cpu);
      k.context.current.preempt_count = 0;
      k.context.current.irqs_off = 0;
    }
    pages.rewind();
    this.live.restore();
  }

  private resetSlot(slot: io_buffer_slot, empty: list_head<io_buffer_slot>): void {
    slot.orig_buffer = null;
    slot.bounce_buffer = null;
    slot.prot = 0;
    slot.old_cache_entry = false;
    list_add_tail(slot.list, empty);
  }

  /** Pages that are mapped. */
  mapped(): number {
    if (this.table !== null) return this.table.mapped_pages;
    return this.domain instanceof viommu_domain ? count(this.domain.mappings.rb_node) : 0;
  }

  /** Whether a host pins what is mapped. */
  get hasPins(): boolean {
    return this.virtio !== null;
  }

  /** Pages of the runs that the host keeps pinned for the device; without virtio-iommu none. */
  pinned(): number {
    return this.virtio?.vfio.pages.total ?? 0;
  }
}

interface RequestStack {
  readonly push_buf: (this: { stack: object[]; stack_depth: number }) => object;
}

/**
 * In C a request stands on the stack of its thread; the port has one stack for all calls, which threads that stop within a call
 * would mix up.
 */
function requestsOfThreads({ push_buf }: RequestStack): object {
  return {
    push_buf: () => push_buf.call({ stack: [], stack_depth: 0 }),
    pop_buf: () => undefined,
  };
}

function count(node: interval_tree_node<object> | null): number {
  return node === null ? 0 : 1 + count(node.rb_left) + count(node.rb_right);
}
