// SPDX-License-Identifier: GPL-2.0-only
// A histogram of sizes or times by powers of two.

const MOST = 64;

export class PowersOfTwo {
  /** All values. */
  total = 0;
  private readonly counts = new Float64Array(MOST);
  private highest = -1;
  private lowest = MOST;

  /** @param unit the limit of the first bin: values up to it are in it, up to twice as much in the next */
  constructor(readonly unit = 1) {}

  /** @param value 0 or more */
  add(value: number): void {
    const of = value / this.unit;
    const bin = of <= 1 ? 0 : Math.min(MOST - 1, Math.ceil(Math.log2(of)));
    this.counts[bin] = (this.counts[bin] as number) + 1;
    this.total++;
    if (bin > this.highest) this.highest = bin;
    if (bin < this.lowest) this.lowest = bin;
  }

  /** Bins that have a value, and those between: the number of the first, and of the one behind the last. */
  get range(): readonly [number, number] {
    return this.total > 0 ? [this.lowest, this.highest + 1] : [0, 0];
  }

  count(bin: number): number {
    return this.counts[bin] ?? 0;
  }

  /** The highest value that a bin can hold. */
  limit(bin: number): number {
    return this.unit * 2 ** bin;
  }

  /** The limit of the bin that the value in the middle lies in; 0 without a value. */
  get median(): number {
    let seen = 0;
    for (let bin = 0; bin <= this.highest; bin++) {
      seen += this.count(bin);
      if (2 * seen >= this.total) return this.limit(bin);
    }
    return 0;
  }
}
