// SPDX-License-Identifier: GPL-2.0-only
// Parts of a machine that can be brought back to their beginning quickly: single pages, work that waits for its thread, and
// a table driver whose maps and unmaps are steps.

import {
  type delayed_work,
  type dma_addr_t,
  type gfp_t,
  PAGE_SIZE,
  type page,
  page_alloc_c,
  type phys_addr_t,
  timer_c,
  type timer_list,
  workqueue_c,
  type workqueue_struct,
  BUG_ON,
} from '@iommu-bounce/linux-shim';
import { type iommu_domain, table_driver } from '@iommu-bounce/iommu-core';
import type { Kernel } from '../kernel';

/** Fresh pages begin with it. */
export const POISON = 0xaa;

/** Single pages from a stack, once it was filled; before, the machine's own. */
export class StackPages extends page_alloc_c {
  private stack: page[] | null = null;
  private all: readonly page[] = [];
  private out = 0;

  /** Takes the pages that runs have. */
  fill(pages: number): void {
    const all: page[] = [];
    for (let i = 0; i < pages; i++) {
      const p = super.alloc_pages_node(-1, 0, 0);
      if (p !== null) all.push(p);
    }
    this.all = all;
    this.stack = [...all];
    this.rewind();
  }

  /** All pages are free again, in the order of the beginning. */
  rewind(): void {
    const { stack, all } = this;
    if (stack === null || (this.out === 0 && this.runs++ > 0 && !this.moved)) return;
    this.moved = false;
    for (let i = 0; i < all.length; i++) {
      const p = all[i] as page;
      stack[i] = p;
      p._refcount = 0;
    }
    // To set a length takes long, even if it is the same.
    if (stack.length > all.length) stack.length = all.length;
    this.out = 0;
  }

  private runs = 0;
  private moved = false;

  /** Pages that the run has not given back. */
  pagesOut(): number {
    return this.out;
  }

  override alloc_pages_node(nid: number, gfp: gfp_t, order: number): page | null {
    if (this.stack === null) return super.alloc_pages_node(nid, gfp, order);
    const p = order === 0 ? this.stack.pop() : undefined;
    if (p === undefined) return null;
    this.out++;
    this.moved = true;
    p._refcount = 1;
    // A beginning is enough: what is mapped here is short.
    p.mem.ram.fill(POISON, p.pfn * PAGE_SIZE, p.pfn * PAGE_SIZE + 64);
    return p;
  }

  override __free_pages(p: page, order: number): void {
    if (this.stack === null) {
      super.__free_pages(p, order);
      return;
    }
    BUG_ON(
      p._refcount !== 1,
      `freeing page ${String(p.pfn)} with ${String(p._refcount)} references`,
    );
    p._refcount = 0;
    this.out--;
    this.stack.push(p);
  }
}

/** Delayed work becomes ready when it is queued: a thread of the program runs it, whenever that may be. */
export class WaitingWork extends workqueue_c {
  override queue_delayed_work(wq: workqueue_struct, dwork: delayed_work, _delay: number): boolean {
    if (dwork.work.pending) return false;
    dwork.work.pending = true;
    dwork.wq = wq;
    return true;
  }

  override cancel_delayed_work(dwork: delayed_work): boolean {
    const was = dwork.work.pending;
    dwork.work.pending = false;
    return was;
  }

  override run(): void {
    // Threads of the program do.
  }
}

/** A timer that is armed is one that its thread may run. */
export function waitingTimers(timers: timer_c): void {
  const armed = timers as unknown as {
    mod_timer: (timer: timer_list, expires: number) => void;
    del_timer: (timer: timer_list) => boolean;
    timer_pending: (timer: timer_list) => boolean;
  };
  armed.mod_timer = (timer, expires) => {
    timer.expires = expires;
    timer.due = 1;
  };
  armed.del_timer = (timer) => {
    const was = timer.due === 1;
    timer.due = 0;
    return was;
  };
  armed.timer_pending = (timer) => timer.due === 1;
}

/** A call that stops at each step, and then returns. */
export type Step<T> = Generator<undefined, T, undefined>;

/** The table driver, as its methods below see it. */
export interface SteppingDriver {
  readonly k: { readonly rt: Kernel };
  readonly dma_iommu: { iommu_put_dma_cookie(domain: iommu_domain): Step<void> };
}

const PLAIN = table_driver.prototype as unknown as Record<
  'map' | 'unmap' | 'iova_to_phys',
  (...args: unknown[]) => number
>;

/** The methods of the table driver as steps, for the derived forms; `k.rt` is asked before each. */
export const steppingDriver = {
  *map(
    this: SteppingDriver,
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
  ): Step<number> {
    if (this.k.rt.iommu(iova, size)) yield;
    return PLAIN.map.call(this, domain, iova, paddr, size, prot);
  },
  *unmap(this: SteppingDriver, domain: iommu_domain, iova: dma_addr_t, size: number): Step<number> {
    if (this.k.rt.iommu(iova, size)) yield;
    return PLAIN.unmap.call(this, domain, iova, size);
  },
  *iova_to_phys(this: SteppingDriver, domain: iommu_domain, iova: dma_addr_t): Step<number> {
    if (this.k.rt.lookUp(iova)) yield;
    return PLAIN.iova_to_phys.call(this, domain, iova);
  },
  *iotlb_sync(): Step<void> {
    // The table has no cache.
  },
  map_now(
    this: SteppingDriver,
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
  ): number {
    const { rt } = this.k;
    if (rt.iommu(iova, size)) rt.wait();
    return PLAIN.map.call(this, domain, iova, paddr, size, prot);
  },
  unmap_now(this: SteppingDriver, domain: iommu_domain, iova: dma_addr_t, size: number): number {
    const { rt } = this.k;
    if (rt.iommu(iova, size)) rt.wait();
    return PLAIN.unmap.call(this, domain, iova, size);
  },
  iova_to_phys_now(this: SteppingDriver, domain: iommu_domain, iova: dma_addr_t): number {
    const { rt } = this.k;
    if (rt.lookUp(iova)) rt.wait();
    return PLAIN.iova_to_phys.call(this, domain, iova);
  },
  iotlb_sync_now(): void {
    // The table has no cache.
  },
  *domain_free(this: SteppingDriver, domain: iommu_domain): Step<void> {
    yield* this.dma_iommu.iommu_put_dma_cookie(domain);
  },
};
