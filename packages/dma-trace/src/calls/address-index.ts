// SPDX-License-Identifier: GPL-2.0-only
// Finds the mappings that an address lies in without a walk over all of them.
//
// They are kept by size class, a power of two that is not below their size, and there by the multiple of it that they
// begin in: what holds an address begins in the multiple of the address, or in the one before.

import { powerOf } from './frame-arena';
import type { Mapping } from './step';

/** Log2 of the smallest class, bytes: smaller mappings are in it, too. */
const SMALLEST = 6;

export class AddressIndex {
  /** By the power: few, so that a walk over all is short. */
  private readonly classes: (Map<number, Mapping[]> | undefined)[] = [];

  add(mapping: Mapping): void {
    const power = classOf(mapping);
    const found = (this.classes[power] ??= new Map<number, Mapping[]>());
    const multiple = Math.floor(mapping.dmaAddr / 2 ** power);
    const there = found.get(multiple);
    if (there) there.push(mapping);
    else found.set(multiple, [mapping]);
  }

  remove(mapping: Mapping): void {
    const power = classOf(mapping);
    const of = this.classes[power];
    const multiple = Math.floor(mapping.dmaAddr / 2 ** power);
    const there = of?.get(multiple);
    const at = there?.indexOf(mapping) ?? -1;
    if (!of || !there || at < 0) return;
    if (there.length > 1) there.splice(at, 1);
    else of.delete(multiple);
  }

  /** The mappings whose bytes hold the address, those of small classes first. */
  at(address: number): Mapping[] {
    const found: Mapping[] = [];
    for (let power = SMALLEST; power < this.classes.length; power++) {
      const multiples = this.classes[power];
      if (!multiples || multiples.size === 0) continue;
      const multiple = Math.floor(address / 2 ** power);
      for (const one of [multiple, multiple - 1])
        for (const mapping of multiples.get(one) ?? [])
          if (address >= mapping.dmaAddr && address < mapping.dmaAddr + mapping.size)
            found.push(mapping);
    }
    return found;
  }
}

function classOf({ size }: Mapping): number {
  return Math.max(SMALLEST, powerOf(size));
}
