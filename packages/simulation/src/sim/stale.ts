// SPDX-License-Identifier: GPL-2.0-only
// How long a device could still reach a page after its mapping was given back: from the return of the unmap to the
// moment at which the host, or the IOTLB, forgets it.

const FIRST_ROOM = 1024;

export class StaleClock {
  /** Nanoseconds, the longest seen. */
  longest = 0;
  private sum = 0;
  private unmaps = 0;
  private addresses = new Float64Array(FIRST_ROOM);
  private times = new Float64Array(FIRST_ROOM);
  private head = 0;
  private count = 0;
  private gone = false;

  /** An unmap begins. */
  begin(): void {
    this.gone = false;
  }

  /** It returns: if the address went while it ran, nothing is stale. */
  unmapped(address: number, now: number): void {
    this.unmaps++;
    if (this.gone) return;
    if (this.count === this.addresses.length) this.grow();
    const at = (this.head + this.count++) % this.addresses.length;
    this.addresses[at] = address;
    this.times[at] = now;
  }

  /** The host forgets what begins at an address; it does so in the order of the unmaps. */
  forgets(address: number, now: number): void {
    if (this.count > 0 && this.addresses[this.head] === address) this.pop(now);
    else this.gone = true;
  }

  /** The IOTLB is emptied. */
  forgetsAll(now: number): void {
    while (this.count > 0) this.pop(now);
    this.gone = true;
  }

  /** Mappings given back that can still be reached. */
  pending(): number {
    return this.count;
  }

  /** Of all unmaps, those that left nothing stale included. */
  mean(): number {
    return this.unmaps > 0 ? this.sum / this.unmaps : 0;
  }

  /** Of those that cannot be reached any more. */
  meanGone(): number {
    const gone = this.unmaps - this.count;
    return gone > 0 ? this.sum / gone : 0;
  }

  private pop(now: number): void {
    const stale = now - (this.times[this.head] as number);
    this.sum += stale;
    this.longest = Math.max(this.longest, stale);
    this.head = (this.head + 1) % this.addresses.length;
    this.count--;
  }

  private grow(): void {
    const room = this.addresses.length;
    const addresses = new Float64Array(2 * room);
    const times = new Float64Array(2 * room);
    for (let i = 0; i < this.count; i++) {
      addresses[i] = this.addresses[(this.head + i) % room] as number;
      times[i] = this.times[(this.head + i) % room] as number;
    }
    this.addresses = addresses;
    this.times = times;
    this.head = 0;
  }
}
