// SPDX-License-Identifier: GPL-2.0-only
// How long a device could still reach a page after its mapping was given back: from the return of the unmap to the
// moment at which the host, or the IOTLB, forgets it. What is forgotten is known when the code runs; when, is known as
// its steps are played.

import { ALIGN_DOWN, PAGE_SIZE } from '@iommu-bounce/linux-shim';

/** A power of two; growing doubles it. */
const FIRST_ROOM = 1024;

export class StaleClock {
  /** @param id the number of its domain */
  constructor(readonly id = 0) {}

  /** Nanoseconds, the longest seen. */
  longest = 0;
  private sum = 0;
  /** All, those that left nothing stale included. */
  unmaps = 0;
  /** Rings, by number of the unmap. A time is NaN until the unmap has returned. */
  private addresses = new Float64Array(FIRST_ROOM);
  private times = new Float64Array(FIRST_ROOM);
  private over = new Uint8Array(FIRST_ROOM);
  private mask = FIRST_ROOM - 1;
  /** Numbers: the oldest that is not over, the first that is not forgotten, the next. */
  private oldest = 0;
  private forgotten = 0;
  private next = 0;
  private reachable = 0;
  /** First page of the mapping whose unmap runs, or ran last. */
  private current = NaN;
  private forgottenAtOnce = false;

  // As the code runs.

  /** An unmap begins, of the mapping at an address; the host forgets whole pages. */
  begin(address: number): void {
    this.current = ALIGN_DOWN(address, PAGE_SIZE);
    this.forgottenAtOnce = false;
  }

  /** It is done. @returns its number, or -1: the address went while it ran, so nothing is stale */
  unmapped(): number {
    this.unmaps++;
    if (this.forgottenAtOnce) return -1;
    if (this.next - this.oldest === this.addresses.length) this.grow();
    const at = this.next & this.mask;
    this.addresses[at] = this.current;
    this.times[at] = NaN;
    this.over[at] = 0;
    this.reachable++;
    return this.next++;
  }

  /**
   * The host forgets what begins at an address; it does so in the order of the unmaps. A mapping of several requests is forgotten
   * with its first; the others are no mapping of their own.
   * @returns the unmap's number, or -1
   */
  forgets(address: number): number {
    if (this.forgotten < this.next && this.addresses[this.forgotten & this.mask] === address)
      return this.forgotten++;
    // Requests of earlier unmaps are forgotten now too, where the queue is full: they say nothing of this one.
    if (address === this.current) this.forgottenAtOnce = true;
    return -1;
  }

  /** For an IOTLB that is emptied: the next unmap that it forgets, or -1. */
  forgetsNext(): number {
    if (this.forgotten < this.next) return this.forgotten++;
    this.forgottenAtOnce = true;
    return -1;
  }

  // As its steps are played.

  /** An unmap returns. @param number -1 is none @returns whether its mapping can still be reached */
  returned(number: number, now: number): boolean {
    const at = number & this.mask;
    if (number < this.oldest || this.over[at] !== 0) return false;
    this.times[at] = now;
    return true;
  }

  /** Its mapping cannot be reached any more. @returns whether its unmap had returned */
  gone(number: number, now: number): boolean {
    const at = number & this.mask;
    const since = this.times[at] as number;
    // Another CPU flushed before the unmap had returned.
    const stale = Number.isNaN(since) ? 0 : now - since;
    this.sum += stale;
    this.longest = Math.max(this.longest, stale);
    this.over[at] = 1;
    this.reachable--;
    while (this.oldest < this.next && this.over[this.oldest & this.mask] === 1) this.oldest++;
    return !Number.isNaN(since);
  }

  /** Mappings given back that can still be reached. */
  pending(): number {
    return this.reachable;
  }

  /** Of all unmaps, those that left nothing stale included. */
  mean(): number {
    return this.unmaps > 0 ? this.sum / this.unmaps : 0;
  }

  /** Of those that cannot be reached any more. */
  meanGone(): number {
    const gone = this.unmaps - this.reachable;
    return gone > 0 ? this.sum / gone : 0;
  }

  private grow(): void {
    const room = this.addresses.length;
    const addresses = new Float64Array(2 * room);
    const times = new Float64Array(2 * room);
    const over = new Uint8Array(2 * room);
    for (let i = this.oldest; i < this.next; i++) {
      addresses[i % (2 * room)] = this.addresses[i % room] as number;
      times[i % (2 * room)] = this.times[i % room] as number;
      over[i % (2 * room)] = this.over[i % room] as number;
    }
    this.addresses = addresses;
    this.times = times;
    this.over = over;
    this.mask = 2 * room - 1;
  }
}
