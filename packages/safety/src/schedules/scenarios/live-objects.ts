// SPDX-License-Identifier: GPL-2.0-only
// The kmalloc'ed objects of a machine, told apart by whether a run made them: a run's are forgotten without a look at the others.

/** In place of the Set of slab.ts. What a run has at a time are few: an array of them costs less than a Set, which is made anew when it is cleared. */
export class LiveObjects {
  private readonly made: object[] = [];
  /** Of those that there were before the first run, the ones that the run has freed. */
  private readonly gone = new Set<object>();

  constructor(private readonly first: ReadonlySet<object>) {}

  get size(): number {
    return this.first.size - this.gone.size + this.made.length;
  }

  /** An object that is not there. */
  add(object: object): void {
    if (this.gone.size === 0 || !this.gone.delete(object)) this.made.push(object);
  }

  delete(object: object): boolean {
    const { made } = this;
    const at = made.lastIndexOf(object);
    if (at >= 0) {
      const last = made.pop() as object;
      if (at < made.length) made[at] = last;
      return true;
    }
    if (!this.first.has(object) || this.gone.has(object)) return false;
    this.gone.add(object);
    return true;
  }

  /** Back to what there was before the first run. */
  restore(): void {
    // A few: to set the length takes longer.
    while (this.made.length > 0) this.made.pop();
    if (this.gone.size > 0) this.gone.clear();
  }
}
