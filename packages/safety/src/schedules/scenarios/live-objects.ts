// SPDX-License-Identifier: GPL-2.0-only
// The kmalloc'ed objects of a machine, told apart by whether a run made them: a run's are forgotten without a look at the others.

/** In place of the Set of slab.ts. */
export class LiveObjects {
  /** Of those that there were before the first run, the ones that the run has freed. */
  private readonly gone = new Set<object>();
  private readonly made = new Set<object>();

  constructor(private readonly first: ReadonlySet<object>) {}

  get size(): number {
    return this.first.size - this.gone.size + this.made.size;
  }

  add(object: object): void {
    if (this.first.has(object)) this.gone.delete(object);
    else this.made.add(object);
  }

  delete(object: object): boolean {
    if (this.made.delete(object)) return true;
    if (!this.first.has(object) || this.gone.has(object)) return false;
    this.gone.add(object);
    return true;
  }

  /** Back to what there was before the first run. */
  restore(): void {
    if (this.made.size > 0) this.made.clear();
    if (this.gone.size > 0) this.gone.clear();
  }
}
