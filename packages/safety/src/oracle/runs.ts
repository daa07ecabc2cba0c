// SPDX-License-Identifier: GPL-2.0-only
// What each byte of a page is, as runs of equal values: exact to the byte, and short where a page has few owners.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';

/** Runs of bytes, from the first byte of a page on: each ends where the next one begins, and has another value. */
export class RunList {
  /** Number of runs. The arrays keep what was behind them: to shorten an array takes V8 longer than all else here. */
  count = 0;
  /** Where each ends, in order. */
  readonly ends: number[] = [];
  /** What its bytes are. */
  readonly values: number[] = [];

  clear(): void {
    this.count = 0;
  }

  /** The bytes from the end of the last run up to `end`. */
  push(end: number, value: number): void {
    const { count } = this;
    if (count > 0 && this.values[count - 1] === value) {
      this.ends[count - 1] = end;
      return;
    }
    this.ends[count] = end;
    this.values[count] = value;
    this.count = count + 1;
  }
}

export class Runs {
  /** Those of the whole page, in another list after each change. */
  list = new RunList();
  /** The list before the latest change, kept so that a change allocates nothing. */
  private spare = new RunList();

  /** @param value of all bytes */
  constructor(value: number) {
    this.list.push(PAGE_SIZE, value);
  }

  /** Bytes from..to-1 become `value`. */
  set(from: number, to: number, value: number): void {
    if (from >= to) return;
    const { list: before, spare: after } = this;
    this.list = after;
    this.spare = before;
    after.clear();
    const { count, ends, values } = before;
    let start = 0;
    let isSet = false;
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number;
      const old = values[i] as number;
      if (start < from) after.push(Math.min(end, from), old);
      if (!isSet && end > from) {
        after.push(to, value);
        isSet = true;
      }
      if (end > to) after.push(end, old);
      start = end;
    }
  }

  /** What a byte is. */
  at(byte: number): number {
    const { ends, values } = this.list;
    let i = 0;
    while ((ends[i] as number) <= byte) i++;
    return values[i] as number;
  }
}
