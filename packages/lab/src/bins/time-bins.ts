// SPDX-License-Identifier: GPL-2.0-only
// A time of unknown length in a bounded number of bins: when it outgrows them, neighbours are joined.

const BINS = 2048;
/** Most tracers print microseconds. */
const FIRST_WIDTH_NS = 1000;

/** What is kept in the bins: it follows when they are joined. */
interface Kept {
  /** Bins 2i and 2i + 1 become bin `to` + i. */
  join(to: number): void;
}

/** The bins of a capture; all that is kept in them has the same ones. Times may go back, also before the first one. */
export class TimeBins {
  /** Of one bin, nanoseconds: 1 µs, or a power of two of it. */
  widthNs = FIRST_WIDTH_NS;
  /** The bins that times were in, and those between; -1 before the first time. */
  first = -1;
  last = -1;
  private originNs = 0;
  private readonly kept: Kept[] = [];

  /** @param bins how many, even */
  constructor(readonly bins = BINS) {}

  /** Where the first bin in use begins, nanoseconds. */
  get startNs(): number {
    return this.originNs + Math.max(0, this.first) * this.widthNs;
  }

  /** Bins in use. */
  get used(): number {
    return this.last < 0 ? 0 : this.last - this.first + 1;
  }

  /** The bin of a time, nanoseconds. It is made if there is none yet: that changes the numbers of all bins. */
  at(ns: number): number {
    if (!Number.isFinite(ns)) return Math.max(0, this.last);
    if (this.last < 0) {
      this.originNs = Math.floor(ns / this.widthNs) * this.widthNs;
      this.first = this.last = 0;
    }
    while (ns < this.originNs) this.join(true);
    while (ns >= this.originNs + this.widthNs * this.bins) this.join(false);
    const bin = Math.floor((ns - this.originNs) / this.widthNs);
    this.first = Math.min(this.first, bin);
    this.last = Math.max(this.last, bin);
    return bin;
  }

  /** What is counted. */
  sums(): Sums {
    return this.keep(new Sums(this));
  }

  /** What is held. */
  levels(): Levels {
    return this.keep(new Levels(this));
  }

  private keep<T extends Kept>(one: T): T {
    this.kept.push(one);
    return one;
  }

  /** Doubles the width. @param before whether the room that this makes lies before the bins there are */
  private join(before: boolean): void {
    const to = before ? this.bins / 2 : 0;
    for (const one of this.kept) one.join(to);
    if (before) this.originNs -= this.bins * this.widthNs;
    this.widthNs *= 2;
    this.first = to + Math.floor(this.first / 2);
    this.last = to + Math.floor(this.last / 2);
  }
}

/** A sum for each bin: events, bytes. */
export class Sums implements Kept {
  private values: Float64Array;
  private spare: Float64Array;

  constructor(private readonly time: TimeBins) {
    this.values = new Float64Array(time.bins);
    this.spare = new Float64Array(time.bins);
  }

  add(ns: number, n = 1): void {
    const bin = this.time.at(ns);
    this.values[bin] = (this.values[bin] as number) + n;
  }

  /** Of the bins in use. */
  read(): number[] {
    return Array.from(this.values.subarray(Math.max(0, this.time.first), this.time.last + 1));
  }

  join(to: number): void {
    const { values, spare } = this;
    spare.fill(0);
    for (let i = 0; i < values.length; i += 2)
      spare[to + i / 2] = (values[i] as number) + (values[i + 1] as number);
    [this.values, this.spare] = [spare, values];
  }
}

/** Of each bin in use. */
export interface LevelBins {
  readonly least: readonly number[];
  readonly most: readonly number[];
  /** At the end of the bin. */
  readonly last: readonly number[];
}

/** The lowest, the highest and the last level in each bin. It begins with 0. */
export class Levels implements Kept {
  /** Now. */
  level = 0;
  private least: Float64Array;
  private most: Float64Array;
  private ends: Float64Array;
  /** Up to this bin all of them have a level. */
  private reached = 0;

  constructor(private readonly time: TimeBins) {
    this.least = new Float64Array(time.bins);
    this.most = new Float64Array(time.bins);
    this.ends = new Float64Array(time.bins);
  }

  /** The level changes. A time before that of the latest change tells only of its own bin. */
  set(ns: number, level: number): void {
    const bin = this.time.at(ns);
    this.reach(bin);
    this.level = level;
    this.least[bin] = Math.min(this.least[bin] as number, level);
    this.most[bin] = Math.max(this.most[bin] as number, level);
    this.ends[bin] = level;
  }

  add(ns: number, by: number): void {
    this.set(ns, this.level + by);
  }

  read(): LevelBins {
    this.reach(this.time.last);
    const used = (values: Float64Array): number[] =>
      Array.from(values.subarray(Math.max(0, this.time.first), this.time.last + 1));
    return { least: used(this.least), most: used(this.most), last: used(this.ends) };
  }

  join(to: number): void {
    const { reached } = this;
    const joined = (of: Float64Array, both: (a: number, b: number) => number): Float64Array => {
      const into = new Float64Array(of.length);
      for (let i = 0; i <= reached; i += 2) {
        const [a, b] = [of[i] as number, of[i + 1] as number];
        into[to + i / 2] = i < reached ? both(a, b) : a;
      }
      return into;
    };
    this.least = joined(this.least, Math.min);
    this.most = joined(this.most, Math.max);
    this.ends = joined(this.ends, (_, b) => b);
    this.reached = to + Math.floor(reached / 2);
  }

  /** The level lasts until this bin. */
  private reach(bin: number): void {
    for (let i = this.reached + 1; i <= bin; i++)
      this.least[i] = this.most[i] = this.ends[i] = this.level;
    this.reached = Math.max(this.reached, bin);
  }
}

/** @param by so many neighbours become one */
export function fewer(
  values: readonly number[],
  by: number,
  both: (a: number, b: number) => number,
): number[] {
  const joined: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const to = Math.floor(i / by);
    const value = values[i] as number;
    joined[to] = i % by === 0 ? value : both(joined[to] as number, value);
  }
  return joined;
}
