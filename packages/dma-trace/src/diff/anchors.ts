// SPDX-License-Identifier: GPL-2.0-only
// Places that two sequences surely have in common: runs of elements that each of them has once (patience diff). With these an
// aligner finds its way behind a gap of any length.

/** Elements of a run: few enough to lie between edits, enough to be rare. */
const RUN = 16;
const FACTOR = 0x01000193;
const NONE = -1;
const SEVERAL = -2;

type Numbers = ArrayLike<number>;
type Range = readonly [from: number, to: number];

/** Pairs of places, both rising, at which the same run begins; empty where no run is rare. */
export function anchors(
  a: Numbers,
  b: Numbers,
  [fromA, toA]: Range,
  [fromB, toB]: Range,
): { readonly a: Int32Array; readonly b: Int32Array } {
  const none = { a: new Int32Array(0), b: new Int32Array(0) };
  if (toA - fromA < RUN || toB - fromB < RUN) return none;
  const inA = new Runs(a, fromA, toA);
  const inB = new Runs(b, fromB, toB);
  const placesA: number[] = [];
  const placesB: number[] = [];
  inA.each((i, hash) => {
    if (inA.place(hash) !== i) return;
    const j = inB.place(hash);
    if (j >= 0 && isSame(a, b, i, j)) {
      placesA.push(i);
      placesB.push(j);
    }
  });
  const kept = rising(placesB);
  return {
    a: kept.map((n) => placesA[n] ?? 0),
    b: kept.map((n) => placesB[n] ?? 0),
  };
}

function isSame(a: Numbers, b: Numbers, i: number, j: number): boolean {
  for (let n = 0; n < RUN; n++) if (a[i + n] !== b[j + n]) return false;
  return true;
}

/** Where each run of a sequence stands, by its hash. */
class Runs {
  private readonly hashes: Int32Array;
  private readonly places: Int32Array;
  private readonly mask: number;

  constructor(
    private readonly of: Numbers,
    private readonly from: number,
    private readonly to: number,
  ) {
    const slots = 2 ** Math.ceil(Math.log2(2 * (to - from) + 2));
    this.mask = slots - 1;
    this.hashes = new Int32Array(slots);
    this.places = new Int32Array(slots).fill(NONE);
    this.each((i, hash) => {
      const slot = this.slot(hash);
      this.hashes[slot] = hash;
      this.places[slot] = this.places[slot] === NONE ? i : SEVERAL;
    });
  }

  /** The one place of a run; below 0 if there is none, or several. */
  place(hash: number): number {
    return this.places[this.slot(hash)] ?? NONE;
  }

  each(use: (i: number, hash: number) => void): void {
    const { of, from, to } = this;
    let leaving = 1;
    for (let n = 0; n < RUN; n++) leaving = Math.imul(leaving, FACTOR);
    let hash = 0;
    for (let i = from; i < to; i++) {
      hash = (Math.imul(hash, FACTOR) + mixed(of[i] ?? 0)) | 0;
      if (i >= from + RUN) hash = (hash - Math.imul(leaving, mixed(of[i - RUN] ?? 0))) | 0;
      if (i >= from + RUN - 1) use(i - RUN + 1, hash);
    }
  }

  private slot(hash: number): number {
    let slot = Math.imul(hash, 0x9e3779b1) & this.mask;
    while (this.places[slot] !== NONE && this.hashes[slot] !== hash) slot = (slot + 1) & this.mask;
    return slot;
  }
}

/** Sizes are multiples of powers of two: the low bits of their products would be alike. */
function mixed(n: number): number {
  const low = Math.imul(n ^ (n / 2 ** 32), 0x85ebca6b);
  return low ^ (low >>> 15);
}

/** Indices of a longest rising part. */
function rising(values: readonly number[]): Int32Array {
  const before = new Int32Array(values.length);
  /** Index of the smallest end of a rising part of each length. */
  const ends: number[] = [];
  values.forEach((value, i) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? (ends[low - 1] ?? NONE) : NONE;
    ends[low] = i;
  });
  const found = new Int32Array(ends.length);
  for (let n = ends.length - 1, i = ends.at(-1) ?? NONE; n >= 0; n--, i = before[i] ?? NONE)
    found[n] = i;
  return found;
}
