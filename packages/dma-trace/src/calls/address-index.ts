// SPDX-License-Identifier: GPL-2.0-only
// Finds the ranges that an address lies in without a walk over all of them.
//
// They are kept by size class, a power of two that is not below their size, and there by the multiple of it that they
// begin in: what holds an address begins in the multiple of the address, or in the one before.

import { powerOf } from './frame-arena';

/** What lies at DMA addresses. */
export interface AddressRange {
  readonly dmaAddr: number;
  /** Bytes. */
  readonly size: number;
}

/** Log2 of the smallest class, bytes: smaller mappings are in it, too. */
const SMALLEST = 6;

export class AddressIndex<T extends AddressRange> {
  /** By the power: few, so that a walk over all is short. */
  private readonly classes: (Map<number, T[]> | undefined)[] = [];

  add(range: T): void {
    const power = classOf(range);
    const found = (this.classes[power] ??= new Map<number, T[]>());
    const multiple = Math.floor(range.dmaAddr / 2 ** power);
    const there = found.get(multiple);
    if (there) there.push(range);
    else found.set(multiple, [range]);
  }

  remove(range: T): void {
    const power = classOf(range);
    const of = this.classes[power];
    const multiple = Math.floor(range.dmaAddr / 2 ** power);
    const there = of?.get(multiple);
    const at = there?.indexOf(range) ?? -1;
    if (!of || !there || at < 0) return;
    if (there.length > 1) there.splice(at, 1);
    else of.delete(multiple);
  }

  /** The ranges whose bytes hold the address, those of small classes first. */
  at(address: number): T[] {
    const found: T[] = [];
    for (let power = SMALLEST; power < this.classes.length; power++) {
      const multiples = this.classes[power];
      if (!multiples || multiples.size === 0) continue;
      const multiple = Math.floor(address / 2 ** power);
      for (const one of [multiple, multiple - 1])
        for (const range of multiples.get(one) ?? [])
          if (address >= range.dmaAddr && address < range.dmaAddr + range.size) found.push(range);
    }
    return found;
  }

  /** The ranges that begin at an address or behind it, before the end, those of small classes first. For a page or so. */
  between(address: number, end: number): T[] {
    const found: T[] = [];
    for (let power = SMALLEST; power < this.classes.length; power++) {
      const multiples = this.classes[power];
      if (!multiples || multiples.size === 0) continue;
      const last = Math.floor((end - 1) / 2 ** power);
      for (let one = Math.floor(address / 2 ** power); one <= last; one++)
        for (const range of multiples.get(one) ?? [])
          if (range.dmaAddr >= address && range.dmaAddr < end) found.push(range);
    }
    return found;
  }
}

function classOf({ size }: AddressRange): number {
  return Math.max(SMALLEST, powerOf(size));
}
