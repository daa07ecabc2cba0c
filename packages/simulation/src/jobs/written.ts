// SPDX-License-Identifier: GPL-2.0-only
// What a job has written and not read back yet, in order: sizes, with equal ones counted, so that a long job takes no room.

export class Written {
  /** Blocks. */
  length = 0;
  private sizes: number[] = [];
  private counts: number[] = [];
  private first = 0;

  push(bytes: number): void {
    this.length++;
    const last = this.sizes.length - 1;
    if (last >= this.first && this.sizes[last] === bytes) this.counts[last] = this.count(last) + 1;
    else {
      this.sizes.push(bytes);
      this.counts.push(1);
    }
  }

  /** Bytes of the oldest; 0 where there is none. */
  oldest(): number {
    return this.length === 0 ? 0 : (this.sizes[this.first] as number);
  }

  /** The oldest is read back. */
  drop(): void {
    this.length--;
    this.counts[this.first] = this.count(this.first) - 1;
    if (this.counts[this.first] !== 0) return;
    this.first++;
    if (this.first < this.sizes.length) return;
    this.sizes = [];
    this.counts = [];
    this.first = 0;
  }

  private count(at: number): number {
    return this.counts[at] as number;
  }
}
