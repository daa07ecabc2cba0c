// SPDX-License-Identifier: GPL-2.0-only
// Maps of calls that are in force, by address: an iommu:unmap there may be that of the call.
//
// Each domain has addresses of its own, and all begin at the top: so an address is often in use in several domains at
// once, within ranges of different lengths. A range ends as a whole, and only its own addresses do.

import { ByAddress } from './by-address';
import { pagesWithin } from './pieces';
import { PAGE, type RecordedMap, type RecordedUnmap } from './step';

/** Addresses that are kept. */
const MOST_KEPT = 65536;

/** Ranges at one address: more than that are of unmaps that were lost. */
const MOST_AT_ONE = 64;

/** The iommu:map events of one call, in the order of their addresses: these tell ranges apart. */
type OfCall = readonly RecordedMap[];

export class ClaimedMaps {
  private readonly first = new ByAddress<OfCall>();
  /** Those of further domains at an address. */
  private readonly others = new ByAddress<OfCall[]>();

  has(address: number): boolean {
    return this.first.has(address);
  }

  /** A call maps at this address. */
  add(address: number, maps: OfCall): void {
    if (!this.first.has(address)) {
      this.first.set(address, maps);
      if (this.first.size > MOST_KEPT) this.forgetOldest();
      return;
    }
    const others = this.others.get(address);
    if (others) {
      if (others.length >= MOST_AT_ONE) others.shift();
      others.push(maps);
    } else this.others.set(address, [maps]);
  }

  /** A call unmapped this: of several ranges that begin there the one that ends there, too. */
  end({ iova, size }: RecordedUnmap): void {
    const maps = this.rangeOf(iova, iova + size);
    if (!maps) return;
    // The usual case makes no list of pages.
    if (size === PAGE) this.remove(iova, maps);
    else for (const at of pagesWithin(iova, iova + size, this.first)) this.remove(at, maps);
  }

  private rangeOf(start: number, end: number): OfCall | undefined {
    const first = this.first.get(start);
    const others = this.others.get(start);
    if (!first || !others || isRange(first, start, end)) return first;
    return others.find((maps) => isRange(maps, start, end)) ?? first;
  }

  private remove(address: number, maps: OfCall): void {
    const others = this.others.get(address);
    if (!others) {
      if (this.first.get(address) === maps) this.first.delete(address);
      return;
    }
    const at = others.indexOf(maps);
    if (this.first.get(address) === maps) this.first.set(address, others.shift() as OfCall);
    else if (at >= 0) others.splice(at, 1);
    if (others.length === 0) this.others.delete(address);
  }

  private forgetOldest(): void {
    for (const address of this.first.keys()) {
      this.first.delete(address);
      this.others.delete(address);
      return;
    }
  }
}

function isRange(maps: OfCall, start: number, end: number): boolean {
  const last = maps.at(-1);
  return maps[0]?.iova === start && last !== undefined && last.iova + last.size === end;
}
