// SPDX-License-Identifier: GPL-2.0-only
// Things in the order in which they came, of which any may go: each is linked to its neighbours. What has gone refers to none
// of them: an old one would keep all that came after it from the collector (see by-address.ts).

/** What can be in one chain at a time. */
export interface Linked<T> {
  before: T | null;
  after: T | null;
}

export class Chain<T extends Linked<T>> {
  private count = 0;
  private oldest: T | null = null;
  private youngest: T | null = null;

  get size(): number {
    return this.count;
  }

  get first(): T | null {
    return this.oldest;
  }

  /** Adds one that is in no chain. */
  add(one: T): void {
    one.before = this.youngest;
    if (this.youngest) this.youngest.after = one;
    else this.oldest = one;
    this.youngest = one;
    this.count++;
  }

  /** Takes out one that is in this chain. */
  remove(one: T): void {
    const { before, after } = one;
    if (before) before.after = after;
    else this.oldest = after;
    if (after) after.before = before;
    else this.youngest = before;
    one.before = null;
    one.after = null;
    this.count--;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let one = this.oldest; one; one = one.after) yield one;
  }
}
