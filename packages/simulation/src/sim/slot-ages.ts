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

  constructor(private readonly device: SimDevice) {
    this.since = new Float64Array(device.slots).fill(-1);
  }

  mapped(address: number, now: number): void {
    const slot = this.device.slotOf(address);
    if (slot < 0) return;
    this.served++;
    this.end(slot, now);
  }

  /** True if the address is a bounce buffer's. */
  unmapped(address: number, now: number): boolean {
    const slot = this.device.slotOf(address);
    if (slot < 0) return false;
    this.since[slot] = now;
    return true;
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
