// SPDX-License-Identifier: GPL-2.0-only
// A map by address for what comes and goes all the time, in the order of insertion like a Map.
//
// A Map that has entries put in and taken out makes a new table now and then, and the old one refers to it: once one of them
// is old, the collector keeps all later ones, with what was in them, until it looks at all memory. Of a long capture a quarter
// of all objects was kept that way. This one has one table, which grows only, and forgets what is taken out.

/** Slots at first; a power of two. */
const FEWEST = 16;
const NONE = -1;

export class ByAddress<T> {
  private count = 0;
  /** By hash, with linear probing: a slot, or NONE. Twice as many as slots. */
  private table = new Int32Array(2 * FEWEST).fill(NONE);
  private addresses = new Float64Array(FEWEST);
  private entries: (T | undefined)[] = new Array<T | undefined>(FEWEST).fill(undefined);
  /** Neighbours in the order of insertion; of a free slot the next free one. */
  private before = new Int32Array(FEWEST);
  private after = new Int32Array(FEWEST);
  private oldest = NONE;
  private youngest = NONE;
  private free = NONE;
  /** Slots from here on were never used. */
  private unused = 0;

  get size(): number {
    return this.count;
  }

  get(address: number): T | undefined {
    const at = this.find(address);
    return at < 0 ? undefined : this.entries[this.table[at] as number];
  }

  has(address: number): boolean {
    return this.find(address) >= 0;
  }

  /** What has an entry keeps its place in the order. */
  set(address: number, entry: T): void {
    const at = this.find(address);
    if (at >= 0) {
      this.entries[this.table[at] as number] = entry;
      return;
    }
    if (this.count === this.addresses.length) this.grow();
    const slot = this.takeSlot();
    this.addresses[slot] = address;
    this.entries[slot] = entry;
    this.before[slot] = this.youngest;
    this.after[slot] = NONE;
    if (this.youngest >= 0) this.after[this.youngest] = slot;
    else this.oldest = slot;
    this.youngest = slot;
    this.enter(slot);
    this.count++;
  }

  /** @returns whether there was one */
  delete(address: number): boolean {
    const at = this.find(address);
    if (at < 0) return false;
    const slot = this.table[at] as number;
    const before = this.before[slot] as number;
    const after = this.after[slot] as number;
    if (before >= 0) this.after[before] = after;
    else this.oldest = after;
    if (after >= 0) this.before[after] = before;
    else this.youngest = before;
    this.entries[slot] = undefined;
    this.after[slot] = this.free;
    this.free = slot;
    this.close(at);
    this.count--;
    return true;
  }

  /** Addresses in the order of insertion. The one at hand may be deleted meanwhile, no other. */
  *keys(): Generator<number, void, undefined> {
    for (let slot = this.oldest; slot >= 0;) {
      const next = this.after[slot] as number;
      yield this.addresses[slot] as number;
      slot = next;
    }
  }

  /** Entries, alike. */
  *values(): Generator<T, void, undefined> {
    for (let slot = this.oldest; slot >= 0;) {
      const next = this.after[slot] as number;
      yield this.entries[slot] as T;
      slot = next;
    }
  }

  private takeSlot(): number {
    const slot = this.free;
    if (slot < 0) return this.unused++;
    this.free = this.after[slot] as number;
    return slot;
  }

  /** Place in the table; below 0: there is none. */
  private find(address: number): number {
    const { table, addresses } = this;
    const mask = table.length - 1;
    for (let at = hash(address) & mask; ; at = (at + 1) & mask) {
      const slot = table[at] as number;
      if (slot < 0) return NONE;
      if (addresses[slot] === address) return at;
    }
  }

  private enter(slot: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let at = hash(this.addresses[slot] as number) & mask;
    while ((table[at] as number) >= 0) at = (at + 1) & mask;
    table[at] = slot;
  }

  /** Empties a place: what stands behind it and could stand in it moves there, so that no search ends too early. */
  private close(place: number): void {
    const { table, addresses } = this;
    const mask = table.length - 1;
    let gap = place;
    for (let at = (gap + 1) & mask; (table[at] as number) >= 0; at = (at + 1) & mask) {
      const home = hash(addresses[table[at] as number] as number) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      table[gap] = table[at] as number;
      gap = at;
    }
    table[gap] = NONE;
  }

  private grow(): void {
    const size = 2 * this.addresses.length;
    this.addresses = grown(this.addresses, new Float64Array(size));
    this.before = grown(this.before, new Int32Array(size));
    this.after = grown(this.after, new Int32Array(size));
    while (this.entries.length < size) this.entries.push(undefined);
    this.table = new Int32Array(2 * size).fill(NONE);
    for (let slot = 0; slot < this.count; slot++) this.enter(slot);
  }
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** Of all bits: addresses of pages have no low ones. */
function hash(address: number): number {
  const mixed = Math.imul(address | 0, 0x9e3779b1) ^ Math.imul((address / 2 ** 32) | 0, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
