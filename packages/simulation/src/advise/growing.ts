// SPDX-License-Identifier: GPL-2.0-only
// Numbers in a typed array that grows: a capture says how many they are only at its end.

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array;

const FIRST = 1024;

export class Growing<T extends Numbers> {
  private array: T;
  length = 0;

  constructor(private readonly make: (length: number) => T) {
    this.array = make(FIRST);
  }

  push(value: number): void {
    if (this.length === this.array.length) {
      const larger = this.make(2 * this.array.length);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = value;
  }

  /** What was pushed; the next push may move it. */
  view(): T {
    return this.array.subarray(0, this.length) as T;
  }
}
