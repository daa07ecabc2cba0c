// SPDX-License-Identifier: GPL-2.0-only
// The maps in force that belong to no call, to be found by what an iommu:unmap prints.

import { AddressIndex } from './address-index';
import { ByAddress } from './by-address';
import { Chain } from './chain';
import type { Piece } from './piece';
import { PAGE } from './step';

/** Maps that are kept; the oldest are the least likely to be ended. */
const MOST_LIVE = 65536;

export class LivePieces {
  private readonly all = new Chain<Piece>();
  /** By address: several where domains have it mapped at once, the oldest first. */
  private readonly byAddr = new ByAddress<Piece[]>();
  /** Larger than a page: only these can hold an address that is not their first. */
  private large = 0;
  /** Of these; null until someone asks for an address inside of one. */
  private index: AddressIndex<Piece> | null = null;

  get size(): number {
    return this.all.size;
  }

  /** Those that begin at an address, the oldest first. */
  at(address: number): readonly Piece[] | undefined {
    return this.byAddr.get(address);
  }

  /** @returns the oldest, which is not kept any longer, where there are too many */
  add(piece: Piece): Piece | null {
    const oldest = this.all.size >= MOST_LIVE ? this.all.first : null;
    if (oldest) this.remove(oldest);
    this.all.add(piece);
    piece.map.piece = piece;
    const here = this.byAddr.get(piece.dmaAddr);
    if (here) here.push(piece);
    else this.byAddr.set(piece.dmaAddr, [piece]);
    if (piece.size > PAGE) {
      this.large++;
      this.index?.add(piece);
    }
    return oldest;
  }

  remove(piece: Piece): void {
    if (piece.map.piece !== piece) return;
    piece.map.piece = null;
    this.all.remove(piece);
    const here = this.byAddr.get(piece.dmaAddr);
    if (!here || here.length === 1) this.byAddr.delete(piece.dmaAddr);
    else here.splice(here.indexOf(piece), 1);
    if (piece.size > PAGE) {
      this.large--;
      this.index?.remove(piece);
    }
  }

  /** Whether any lies in a range, as far as it is not unmapped. */
  touches(start: number, end: number): boolean {
    if (this.byAddr.has(start)) return true;
    if (this.large === 0 && (this.all.size === 0 || end - start <= PAGE)) return false;
    return this.touching(start, end).length > 0;
  }

  /** The pieces of which something is left in a range: first those that hold its begin. */
  touching(start: number, end: number): Piece[] {
    const found = [...(this.byAddr.get(start) ?? [])];
    for (const piece of this.around(start)) if (piece.dmaAddr < start) found.push(piece);
    if (end - start > PAGE)
      for (const at of pagesWithin(start, end, this.byAddr))
        if (at > start) found.push(...(this.byAddr.get(at) ?? []));
    return found.filter((piece) => piece.cut?.leaves(piece, start, end) ?? true);
  }

  /** The pieces that cover the range, from the task that mapped its begin where several domains have it. */
  whole(start: number, end: number): Piece[] | null {
    for (const first of this.byAddr.get(start) ?? []) {
      if (first.cut) continue;
      const chain = [first];
      let at = start + first.size;
      while (at < end) {
        const here = this.byAddr.get(at)?.filter(({ cut }) => !cut);
        const next =
          here?.find((one) => one.domain === first.domain && one.context === first.context) ??
          here?.find((one) => one.domain === first.domain);
        if (!next) break;
        chain.push(next);
        at += next.size;
      }
      if (at === end) return chain;
    }
    return null;
  }

  private around(address: number): Piece[] {
    if (this.large === 0) return [];
    if (!this.index) {
      this.index = new AddressIndex();
      for (const piece of this.all) if (piece.size > PAGE) this.index.add(piece);
    }
    return this.index.at(address);
  }
}

/** The keys of a map by address that lie in a range: page by page where that is shorter than a walk over all. */
export function pagesWithin(
  start: number,
  end: number,
  map: Pick<ByAddress<unknown>, 'size' | 'has' | 'keys'>,
): number[] {
  const found: number[] = [];
  if ((end - start) / PAGE > map.size) {
    for (const at of map.keys()) if (at >= start && at < end) found.push(at);
    return found;
  }
  for (let at = start; at < end; at += PAGE) if (map.has(at)) found.push(at);
  return found;
}
