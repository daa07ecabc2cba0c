// SPDX-License-Identifier: GPL-2.0-only
// Parts of the ported machine that charge for what the code on it does: memory copies, page allocation, watched locks.

import {
  BIT,
  PAGE_SIZE,
  __GFP_ZERO,
  type gfp_t,
  type machine_parts,
  mm_c,
  type page,
  page_alloc_c,
  spinlock_c,
  type spinlock_t,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import type { Meter } from './meter';
import type { VirtualLock } from './virtual-lock';

/** Memory whose copies are charged for, and done or not. */
export class ChargedMemory extends mm_c {
  meter: Meter | null = null;
  private moved = true;

  /** False: a copy is charged for and leaves the bytes alone. */
  get moves(): boolean {
    return this.moved;
  }

  /** @throws Error where data is to move on memory without bytes */
  set moves(moves: boolean) {
    if (moves && this.ram.length === 0)
      throw new Error('moveData: the machine was booted without bytes');
    this.moved = moves;
  }

  override memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    if (this.meter !== null) this.meter.copied(len);
    if (this.moved) super.memcpy(dst, src, len);
  }

  override memset(dst: virt_addr_t, byte: number, len: number): void {
    if (this.meter !== null) this.meter.cleared(len);
    if (this.moved) super.memset(dst, byte, len);
  }
}

export class ChargedPages extends page_alloc_c {
  meter: Meter | null = null;

  override alloc_pages_node(nid: number, gfp: gfp_t, order: number): page | null {
    const p = super.alloc_pages_node(nid, gfp, order);
    if (p === null || this.meter === null) return p;
    this.meter.allocated(BIT(order));
    if ((gfp & __GFP_ZERO) !== 0) this.meter.cleared(BIT(order) * PAGE_SIZE);
    return p;
  }
}

/** Locks of which those with a VirtualLock in `watch` are waited for in virtual time. */
export class WatchedLocks extends spinlock_c {
  override spin_lock(lock: spinlock_t): void {
    super.spin_lock(lock);
    if (lock.watch !== null) (lock.watch as VirtualLock).take();
  }

  override spin_unlock(lock: spinlock_t): void {
    if (lock.watch !== null) (lock.watch as VirtualLock).give();
    super.spin_unlock(lock);
  }

  override spin_lock_irqsave(lock: spinlock_t): number {
    const flags = super.spin_lock_irqsave(lock);
    if (lock.watch !== null) (lock.watch as VirtualLock).take();
    return flags;
  }

  override spin_unlock_irqrestore(lock: spinlock_t, flags: number): void {
    if (lock.watch !== null) (lock.watch as VirtualLock).give();
    super.spin_unlock_irqrestore(lock, flags);
  }
}

/** For `machine_options.parts`. */
export const CHARGED_PARTS: machine_parts = {
  locks: WatchedLocks,
  mm: ChargedMemory,
  page_alloc: ChargedPages,
};
