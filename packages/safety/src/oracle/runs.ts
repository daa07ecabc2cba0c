// SPDX-License-Identifier: GPL-2.0-only
// What each byte of a page is, as runs of equal values: exact to the byte, and short where a page has few owners.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';

export class Runs {
  /** Where each run ends, in order; the last one is PAGE_SIZE. */
  ends: number[] = [PAGE_SIZE];
  /** What its bytes are. */
  values: number[];
  // The runs before the latest change, kept so that a change allocates nothing.
  private spareEnds: number[] = [];
  private spareValues: number[] = [];

  /** @param value of all bytes */
  constructor(value: number) {
    this.values = [value];
  }

  /** Bytes from..to-1 become `value`. */
  set(from: number, to: number, value: number): void {
    if (from >= to) return;
    const { ends, values } = this;
    this.ends = this.spareEnds;
    this.values = this.spareValues;
    this.spareEnds = ends;
    this.spareValues = values;
    this.ends.length = this.values.length = 0;
    let start = 0;
    let isSet = false;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      const old = values[i] as number;
      if (start < from) this.push(Math.min(end, from), old);
      if (!isSet && end > from) {
        this.push(to, value);
        isSet = true;
      }
      if (end > to) this.push(end, old);
      start = end;
    }
  }

  /** What a byte is. */
  at(byte: number): number {
    let i = 0;
    while ((this.ends[i] as number) <= byte) i++;
    return this.values[i] as number;
  }

  private push(end: number, value: number): void {
    const last = this.ends.length - 1;
    if (last >= 0 && this.values[last] === value) this.ends[last] = end;
    else {
      this.ends.push(end);
      this.values.push(value);
    }
  }
}
