// SPDX-License-Identifier: GPL-2.0-only
// A domain under watch: what its device reaches, which buffers of its pool are in use, and what it could do that it may not.

import { PAGE_SIZE, phys_addr_t } from '@iommu-bounce/linux-shim';
import type { CaptureDomain, SimMachine } from '@iommu-bounce/simulation';
import type { Classifier } from './classify';
import { Exposures } from './exposures';
import { PlaceNumber } from './kinds';
import type { LivePieces } from './live';
import { CAN_READ, CAN_WRITE, Reach } from './reach';
import type { Shadow } from './shadow';

export class WatchedDomain {
  readonly reach: Reach;
  readonly reads = new Exposures();
  readonly writes = new Exposures();
  /** Mappings in force by slot of the pool. */
  private readonly slots = new Map<number, number>();

  /**
   * @param id its number
   * @param changed told of each frame that its device reaches in another way now
   */
  constructor(
    readonly id: number,
    private readonly domain: CaptureDomain,
    private readonly machine: SimMachine,
    hasIotlb: boolean,
    changed: (frame: number) => void,
  ) {
    this.reach = new Reach(domain.plugged.translate, hasIotlb, changed);
  }

  /** Whether an IOMMU stands between its device and memory. */
  isTranslated(): boolean {
    return this.domain.plugged.domain !== null;
  }

  /** A mapping at a device address is in force from now on, or no longer. */
  uses(address: number, change: 1 | -1): readonly number[] {
    const slot = this.slotOf(address);
    if (slot < 0) return [];
    const count = (this.slots.get(slot) ?? 0) + change;
    if (count === 0) this.slots.delete(slot);
    else this.slots.set(slot, count);
    return this.framesOfSlot(address, slot);
  }

  /** Looks at a frame anew. */
  evaluate(
    frame: number,
    shadow: Shadow,
    live: LivePieces,
    classifier: Classifier,
    now: number,
  ): void {
    const rights = this.isTranslated() ? this.reach.rightsTo(frame) : CAN_READ + CAN_WRITE;
    if (rights === 0 && !this.reads.isKnown(frame) && !this.writes.isKnown(frame)) return;
    const pieces = live.of(frame);
    const isLive = pieces.some(({ domain }) => domain === this.id);
    const slot = this.slotAt(frame);
    const isBounce = slot >= 0 || this.isSwiotlb(frame);
    const seen = {
      domain: this.id,
      rights,
      isBounce,
      elsewhere: this.elsewhere(isLive, slot, isBounce),
    };
    classifier.classify(seen, shadow.of(frame), pieces);
    this.reads.set(frame, classifier.reads, now);
    this.writes.set(frame, classifier.writes, now);
  }

  private elsewhere(isLive: boolean, slot: number, isBounce: boolean): number {
    if (slot >= 0) return this.slots.has(slot) ? PlaceNumber.slot : PlaceNumber.idle;
    if (isLive) return isBounce ? PlaceNumber.slot : PlaceNumber.page;
    return this.isTranslated() ? PlaceNumber.stale : PlaceNumber.all;
  }

  /** The slot of the pool that a frame is a buffer of now, or -1. */
  private slotAt(frame: number): number {
    for (const page of this.reach.addressesOf(frame)) {
      const slot = this.slotOf(page * PAGE_SIZE);
      if (slot >= 0) return slot;
    }
    return -1;
  }

  private slotOf(address: number): number {
    return this.domain.plugged.pool.slotOf(address);
  }

  private framesOfSlot(address: number, slot: number): number[] {
    const { translate } = this.domain.plugged;
    const frames: number[] = [];
    const see = (at: number): boolean => {
      if (this.slotOf(at) !== slot) return false;
      const read = translate(at, false);
      const found = read >= 0 ? read : translate(at, true);
      if (found >= 0) frames.push(Math.floor(found / PAGE_SIZE));
      return true;
    };
    const first = address - (address % PAGE_SIZE);
    for (let at = first; see(at); at += PAGE_SIZE) continue;
    for (let at = first - PAGE_SIZE; see(at); at -= PAGE_SIZE) continue;
    return frames;
  }

  private isSwiotlb(frame: number): boolean {
    return this.machine.k.swiotlb.is_swiotlb_buffer(phys_addr_t(frame * PAGE_SIZE));
  }
}
