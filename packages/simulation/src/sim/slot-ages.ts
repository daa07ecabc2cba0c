// SPDX-License-Identifier: GPL-2.0-only
// How long what a device has read or written stays readable to it in a bounce buffer that stays mapped: from the unmap
// until the buffer is used again or evicted.

import type { SimDevice } from './sim-device';

export class SlotAges {
  /** Nanoseconds, the longest seen. */
  longest = 0;
  /** Mappings served by the pool. */
  served = 0;
  /** When each slot was given back; negative: it is in use, or was not used yet. */
  private readonly since: Float64Array;
  /** 1: in use. */
  private readonly used: Uint8Array;

  constructor(private readonly device: Pick<SimDevice, 'slots' | 'slotOf'>) {
    this.since = new Float64Array(device.slots).fill(-1);
    this.used = new Uint8Array(device.slots);
  }

  // As the code runs. Both: @returns the slot, or -1: the address is no bounce buffer's

  mapped(address: number): number {
    const slot = this.device.slotOf(address);
    if (slot < 0) return -1;
    this.served++;
    this.used[slot] = 1;
    return slot;
  }

  unmapped(address: number): number {
    const slot = this.device.slotOf(address);
    if (slot >= 0) this.used[slot] = 0;
    return slot;
  }

  // As its steps are played.

  /** A map returns. @param slot -1 is none */
  mapReturned(slot: number, now: number): void {
    if (slot >= 0) this.end(slot, now);
  }

  /** An unmap returns. @param slot -1 is none */
  unmapReturned(slot: number, now: number): void {
    // Another CPU may have taken it already.
    if (slot >= 0 && this.used[slot] === 0) this.since[slot] = now;
  }

  /** The pool has unmapped a buffer. */
  evicted(address: number, now: number): void {
    const slot = this.device.slotOf(address);
    if (slot >= 0) this.end(slot, now);
  }

  private end(slot: number, now: number): void {
    const since = this.since[slot] as number;
    if (since >= 0) this.longest = Math.max(this.longest, now - since);
    this.since[slot] = -1;
  }
}
