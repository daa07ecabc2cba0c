// SPDX-License-Identifier: GPL-2.0-only
// What a recording shows of the state in which a class of a pool was when it began.

/** How a slot showed itself first. */
type FirstSeen = 'unmap' | 'cacheTake' | 'emptyTake' | 'evictTake';

/** A slot that was mapped and free before the recording. */
export interface CachedSlot {
  readonly slot: number;
  readonly prot: number;
  /** Marked by a run of the eviction worker before. */
  readonly old: boolean;
}

/** The state to begin with; the slots that are in no list are in use. */
export interface InitialState {
  readonly device: string;
  readonly classSize: number;
  /** Slots 0 to this one (exclusive) are set up; those behind are empty, in order. */
  readonly slots: number;
  /** Permission of the slots in use, where known. */
  readonly inUse: ReadonlyMap<number, number>;
  /** The cache from its head, over all permissions. */
  readonly cached: readonly CachedSlot[];
  /** Front of the empty list. */
  readonly empty: readonly number[];
}

/** How far a sequence may differ from that of a new pool and still be taken for one: a slip, not a state. */
const MOST_SLIPS = 2;

export class SlotHistory {
  private readonly firstSeen = new Map<number, FirstSeen>();
  private readonly prots = new Map<number, number>();
  /** Slots of each kind, in the order in which they showed themselves. */
  private readonly fromEmpty: number[] = [];
  private readonly fromCache: number[] = [];
  private readonly evicted: { slot: number; old: boolean }[] = [];
  /** Slots in a cache now, by permission, as far as seen. */
  private readonly cachedNow = new Map<number, number>();
  private sawFull = false;

  constructor(
    readonly device: string,
    readonly classSize: number,
  ) {}

  take(slot: number, prot: number, from: 'cache' | 'empty'): void {
    if (this.isFirst(slot, prot, from === 'cache' ? 'cacheTake' : 'emptyTake'))
      (from === 'cache' ? this.fromCache : this.fromEmpty).push(slot);
    this.cachedNow.delete(slot);
  }

  unmap(slot: number, prot: number): void {
    this.isFirst(slot, prot, 'unmap');
    this.cachedNow.set(slot, prot);
  }

  full(): void {
    this.sawFull = true;
  }

  /** @param old whether it was marked before the recording, should this be its first appearance */
  evictTake(slot: number, prot: number, old: boolean): void {
    if (this.isFirst(slot, prot, 'evictTake')) this.evicted.push({ slot, old });
    this.cachedNow.delete(slot);
  }

  /** Whether the slot is known to be in the cache of its permission. */
  isCached(slot: number, prot: number): boolean {
    return this.cachedNow.get(slot) === prot;
  }

  has(slot: number): boolean {
    return this.firstSeen.has(slot);
  }

  /**
   * True for a class as it is made: slots leave the empty list as 0, 1, 2 …, and none is there in any other way. A few
   * slips do not count against it, since they are what a comparison is to find.
   */
  get looksNew(): boolean {
    if (this.firstSeen.size === 0) return !this.sawFull;
    let slips = this.firstSeen.size - this.fromEmpty.length;
    let previous = -1;
    for (const slot of this.fromEmpty) {
      if (slot !== previous + 1) slips++;
      previous = slot;
    }
    return slips <= Math.min(MOST_SLIPS, Math.floor(this.fromEmpty.length / 8));
  }

  /** @param numSlots slots of the class on the recorded machine */
  initialState(numSlots: number): InitialState {
    const highest = Math.max(-1, ...this.firstSeen.keys());
    const slots = Math.min(numSlots, this.sawFull ? numSlots : highest + 1);
    const prot = (slot: number): number => this.prots.get(slot) ?? 6;
    const inUse = new Map<number, number>();
    for (let slot = 0; slot < slots; slot++) {
      const seen = this.firstSeen.get(slot);
      if (seen === undefined || seen === 'unmap') inUse.set(slot, prot(slot));
    }
    const tail = this.evicted.map(({ slot, old }) => ({ slot, prot: prot(slot), old }));
    const head = this.fromCache.map((slot) => ({ slot, prot: prot(slot), old: false }));
    return {
      device: this.device,
      classSize: this.classSize,
      slots,
      inUse,
      cached: [...head, ...tail.reverse()].filter(({ slot }) => slot < slots),
      empty: this.fromEmpty.filter((slot) => slot < slots),
    };
  }

  /** True the first time a slot shows itself; the step itself then tells of the state before. */
  private isFirst(slot: number, prot: number, how: FirstSeen): boolean {
    if (this.firstSeen.has(slot)) return false;
    this.firstSeen.set(slot, how);
    this.prots.set(slot, prot);
    return true;
  }
}
