// SPDX-License-Identifier: GPL-2.0-only
// One machine: every facility, wired together. Nothing is global, so many can live in one process.

import { arch_c } from './arch';
import { NR_CPUS, context_c } from './context';
import { dma_direct_c } from './dma-direct';
import { exact_timer_c } from './exact-timer';
import { fault_inject_c } from './fault-inject';
import { highmem_c } from './highmem';
import { mapping_c } from './mapping';
import { type memory_layout, mm_c, type node_memory } from './mm';
import {
  a_class,
  check_options,
  fields,
  flag,
  list_of,
  needed,
  one_of,
  type shape_of,
  that,
  whole,
} from './options';
import { page_alloc_c } from './page_alloc';
import { percpu_c } from './percpu';
import { printk_c } from './printk';
import { scatterlist_c } from './scatterlist';
import { slab_c } from './slab';
import { spinlock_c } from './spinlock';
import { IO_TLB_SEGSIZE, IO_TLB_SIZE, swiotlb_c } from './swiotlb';
import { timer_c } from './timer';
import { PAGE_SIZE, phys_addr_t } from './types';
import { vmalloc_c } from './vmalloc';
import { workqueue_c } from './workqueue';

export interface machine_options {
  /** Default: one node with 64 MiB of lowmem. Memory costs nothing until it is touched. */
  readonly memory?: memory_layout;
  /** CPUs, 1..8192. Default 1. */
  readonly nr_cpus?: number;
  /** Ticks per second, 1..1000. Default 1000. */
  readonly HZ?: number;
  /**
   * When a timer runs. `wheel`: where the kernel's timer wheel puts it, later than it was set for by 1 jiffy to 13 % of its
   * delay. `exact`: at the jiffy that it was set for. Default `wheel`.
   */
  readonly timers?: 'wheel' | 'exact';
  /** `jiffies` at boot, which the wheel's buckets are multiples of. Default INITIAL_JIFFIES(HZ). */
  readonly jiffies?: number;
  /** Byte that fresh, unzeroed pages are filled with, 0..255. Default 0xaa. */
  readonly poison?: number;
  /** Size of the swiotlb area in slabs of 2 KiB, a multiple of 128; its memory is extra. Default 0: none. */
  readonly swiotlb_slabs?: number;
  /** Subclasses to use in place of the machine's own classes: they can count, or charge for, what is asked of them. */
  readonly parts?: machine_parts;
}

export interface machine_parts {
  readonly locks?: new (context: context_c) => spinlock_c;
  readonly mm?: new (layout: memory_layout) => mm_c;
  readonly page_alloc?: new (...args: ConstructorParameters<typeof page_alloc_c>) => page_alloc_c;
  readonly swiotlb?: new (...args: ConstructorParameters<typeof swiotlb_c>) => swiotlb_c;
  readonly workqueue?: new (...args: ConstructorParameters<typeof workqueue_c>) => workqueue_c;
}

/** Pages of all RAM together: 256 TiB, the address space of x86-64. */
const MAX_PAGES = 2 ** 36;
const pages = whole(0, MAX_PAGES);

const OPTIONS: shape_of<machine_options> = {
  memory: fields<memory_layout>({
    nodes: needed(
      list_of(fields<node_memory>({ lowmem_pages: needed(pages), highmem_pages: pages }), {
        least: 1,
      }),
    ),
    reserved_pages: pages,
    reserved_highmem_pages: pages,
    bytes: flag,
  }),
  nr_cpus: whole(1, NR_CPUS),
  HZ: whole(1, 1000),
  timers: one_of('wheel', 'exact'),
  jiffies: whole(),
  poison: whole(0, 255),
  swiotlb_slabs: that(
    'a multiple of 128 from 0 on',
    (v) => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) % 128 === 0,
  ),
  parts: fields<machine_parts>({
    locks: a_class,
    mm: a_class,
    page_alloc: a_class,
    swiotlb: a_class,
    workqueue: a_class,
  }),
};

/** Frame at which the swiotlb area starts: the first on a boundary of its sets of slots. Frames below it go unused. */
const SWIOTLB_PFN = (IO_TLB_SEGSIZE * IO_TLB_SIZE) / PAGE_SIZE;

/** What a machine holds; equal before and after means that nothing leaked. */
export interface machine_usage {
  readonly pages: number;
  readonly allocations: number;
  readonly vmalloc_areas: number;
  readonly workqueues: number;
  readonly timers: number;
  readonly locks_held: number;
  /** Of all CPUs together. */
  readonly preempt_count: number;
  /** On any CPU. */
  readonly irqs_disabled: boolean;
}

/** The door to everything the ported files call: `k.slab.kzalloc(...)`, `k.locks.spin_lock(...)`. */
export class machine {
  readonly log = new printk_c();
  readonly faults = new fault_inject_c();
  readonly arch = new arch_c();
  readonly context: context_c;
  readonly locks: spinlock_c;
  readonly percpu: percpu_c;
  readonly timers: timer_c;
  readonly mm: mm_c;
  readonly highmem: highmem_c;
  readonly page_alloc: page_alloc_c;
  readonly slab: slab_c;
  readonly vmalloc: vmalloc_c;
  readonly sg: scatterlist_c;
  readonly workqueue: workqueue_c;
  readonly swiotlb: swiotlb_c;
  readonly dma_direct: dma_direct_c;
  readonly dma: mapping_c;
  /** First frame of the reserved lowmem (memory_layout.reserved_pages). */
  readonly reserved_pfn: number;

  /** @throws OptionError for an option that it does not have, or a value out of range */
  constructor(options: machine_options = {}) {
    check_options('machine', options, OPTIONS);
    const slabs = options.swiotlb_slabs ?? 0;
    const layout = options.memory ?? { nodes: [{ lowmem_pages: 16384 }] };
    // Each mapping lies within one set of slots, and sets begin on 256 KiB boundaries. So no mapping crosses a larger segment
    // boundary, and smaller ones divide each set alike: none depends on where the area lies.
    const swiotlb_pages =
      slabs > 0 ? SWIOTLB_PFN - 1 + Math.ceil((slabs * IO_TLB_SIZE) / PAGE_SIZE) : 0;
    const reserved = layout.reserved_pages ?? 0;
    this.context = new context_c(options.nr_cpus ?? 1, this.log);
    this.locks = new (options.parts?.locks ?? spinlock_c)(this.context);
    this.percpu = new percpu_c(this.context, this.faults, this.log);
    const clock = options.timers === 'exact' ? exact_timer_c : timer_c;
    this.timers = new clock(this.context, options.HZ ?? 1000, options.jiffies);
    this.mm = new (options.parts?.mm ?? mm_c)({
      ...layout,
      reserved_pages: reserved + swiotlb_pages,
    });
    this.highmem = new highmem_c(this.context);
    this.page_alloc = new (options.parts?.page_alloc ?? page_alloc_c)(
      this.mm,
      this.context,
      this.faults,
      this.log,
      options.poison ?? 0xaa,
    );
    this.slab = new slab_c(this.context, this.faults, this.log);
    this.vmalloc = new vmalloc_c(this.context, this.slab, this.faults, this.log);
    this.mm.set_vmalloc(this.vmalloc);
    this.sg = new scatterlist_c(this.slab, this.page_alloc);
    this.workqueue = new (options.parts?.workqueue ?? workqueue_c)(
      this.context,
      this.timers,
      this.faults,
    );
    this.swiotlb = new (options.parts?.swiotlb ?? swiotlb_c)(
      this.mm,
      this.context,
      this.locks,
      this.highmem,
      this.arch,
      this.log,
    );
    this.dma_direct = new dma_direct_c(this.mm, this.page_alloc, this.swiotlb, this.arch, this.log);
    this.dma = new mapping_c(this.mm, this.page_alloc, this.dma_direct, this.context, this.log);
    if (slabs > 0) this.swiotlb.swiotlb_init_with_tbl(phys_addr_t(SWIOTLB_PFN * PAGE_SIZE), slabs);
    this.reserved_pfn = 1 + swiotlb_pages;
  }

  usage(): machine_usage {
    return {
      pages: this.page_alloc.pages_in_use,
      allocations: this.slab.in_use(),
      vmalloc_areas: this.vmalloc.count(),
      workqueues: this.workqueue.queues,
      timers: this.timers.pending(),
      locks_held: this.locks.held,
      preempt_count: this.context.total_preempt_count(),
      irqs_disabled: this.context.any_irqs_disabled(),
    };
  }
}
