// SPDX-License-Identifier: GPL-2.0-only
// Walks over those points of a box where an energy is zero, however thin and slanted that part is; even in the logarithms.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** What is walked over: a box of positive numbers, and an energy that is asked for along lines. */
export interface Terrain {
  /** Ends of each coordinate, inclusive, greater than 0. */
  readonly least: Float64Array;
  readonly most: Float64Array;
  /** The line that `energy` is asked about from now on: at + t x direction. */
  aim(at: Float64Array, direction: Float64Array): void;
  /** Zero where a point is wanted, else how far it is from that. */
  energy(t: number): number;
}

/** Temperature that the search for the wanted part begins with. */
const HOTTEST = 30;
/**
 * Temperatures of the walk: at the first only what is wanted counts, at each further one what is a little farther from it,
 * so that walkers pass between wanted parts that do not touch. Places are exchanged between neighbours.
 */
const LEVELS = 14;
const COOLEST = 0.005;
const LADDER = 1.7;
const TEMPERATURES: readonly number[] = [
  0,
  ...Array.from({ length: LEVELS - 1 }, (_, i) => COOLEST * LADDER ** i),
];
/** Shares of moves that change coordinates by one factor, and of the others that trade one coordinate for another. */
const SCALES = 0.1;
const TRADES = 0.3;
/** Of the moves between walkers, those that change all coordinates. */
const IN_ALL = 0.7;
/** Cuts after which a walker stays where it is: the wanted part is too thin along that line. */
const MOST_CUTS = 40;

/**
 * A population of walkers, each moving along a line: in the direction from one other walker to another (ter Braak,
 * Statistics and Computing 16, 2006), so that lines take the shape of what is walked over; or trading one coordinate for
 * another, where only their sum matters; or by one factor for all, where only ratios matter. Where on its line a walker
 * goes is drawn by slice sampling with shrinkage (Neal, Annals of Statistics 31, 2003): no step length to tune, and the
 * walk's distribution is even in the logarithms of the coordinates over what is wanted. Parts that lie apart are weighed
 * by parallel tempering (Swendsen and Wang, Physical Review Letters 57, 1986).
 */
export class Walk {
  /** Level by level. */
  private readonly walkers: Float64Array[];
  /** Points that were tried; of those, where only what is wanted counts; and those of them that were wanted. */
  tried = 0;
  triedWanted = 0;
  foundWanted = 0;
  private readonly energies: Float64Array;
  private readonly rng: RandomGenerator;
  private readonly direction: Float64Array;
  private readonly still: Float64Array;
  private readonly dimension: number;

  /**
   * Begins anywhere in the box.
   * @param size walkers of each level, at least 3, better more than there are dimensions
   */
  constructor(
    private readonly terrain: Terrain,
    private readonly size: number,
    seed: number,
  ) {
    const { least, most } = terrain;
    this.dimension = least.length;
    this.rng = xoroshiro128plus(seed);
    this.direction = new Float64Array(this.dimension);
    this.still = new Float64Array(this.dimension);
    this.walkers = Array.from({ length: size * LEVELS }, () =>
      least.map((lo, k) => lo * ((most[k] as number) / lo) ** this.uniform()),
    );
    this.energies = Float64Array.from(this.walkers, (c) => this.energyOf(c));
  }

  /** Walkers where only what is wanted counts. */
  wanted(): readonly Float64Array[] {
    return this.walkers.slice(0, this.size);
  }

  /** Cools the population down, and goes on for up to five times as long while nobody has arrived. @returns the least energy found */
  anneal(sweeps: number): number {
    const coldest = COOLEST / 3;
    const least = (): number => Math.min(...this.energies);
    for (let i = 0; i < sweeps; i++)
      this.sweep(HOTTEST * (coldest / HOTTEST) ** (i / Math.max(1, sweeps - 1)));
    for (let i = 0; i < 5 * sweeps && least() > 0; i++) this.sweep();
    return least();
  }

  /** Puts those that should have arrived and have not where any other has. @returns how many had, 0: nothing was done */
  gather(): number {
    const arrived = this.walkers.filter((_, i) => this.energies[i] === 0);
    if (arrived.length === 0) return 0;
    for (const [i, c] of this.wanted().entries()) {
      if (this.energies[i] === 0) continue;
      c.set(arrived[uniformInt(this.rng, 0, arrived.length - 1)] as Float64Array);
      this.energies[i] = 0;
    }
    return arrived.length;
  }

  /** The place with the least energy. */
  best(): Float64Array {
    const least = Math.min(...this.energies);
    return this.walkers[this.energies.indexOf(least)] as Float64Array;
  }

  energyOf(c: Float64Array): number {
    this.terrain.aim(c, this.still);
    return this.terrain.energy(0);
  }

  /** One move of each walker, and an exchange of it. @param warmest at least so warm is every level, and none exchanges */
  sweep(warmest = 0): void {
    for (let i = 0; i < this.walkers.length; i++) {
      const temperature = Math.max(warmest, this.temperature(i));
      if (this.uniform() < SCALES) this.scale(i, temperature);
      else this.step(i, temperature);
    }
    if (warmest > 0) return;
    for (let i = this.walkers.length - this.size - 1; i >= 0; i--) {
      const above = this.size * (Math.floor(i / this.size) + 1);
      this.exchange(i, above + uniformInt(this.rng, 0, this.size - 1));
    }
  }

  private temperature(i: number): number {
    return TEMPERATURES[Math.floor(i / this.size)] as number;
  }

  /** Of a walker and one of the next level. */
  private exchange(i: number, k: number): void {
    const [e, f] = [this.energies[i] as number, this.energies[k] as number];
    const t = this.temperature(i);
    const gain = t === 0 ? (f <= e ? 0 : -Infinity) : (e - f) * (1 / t - 1 / this.temperature(k));
    if (gain < 0 && this.uniform() >= Math.exp(gain)) return;
    const c = this.walkers[i] as Float64Array;
    this.walkers[i] = this.walkers[k] as Float64Array;
    this.walkers[k] = c;
    this.energies[i] = f;
    this.energies[k] = e;
  }

  /** All coordinates, or most of them, by one factor. */
  private scale(i: number, temperature: number): void {
    const c = this.walkers[i] as Float64Array;
    const { least, most } = this.terrain;
    const share = this.uniform() < 0.5 ? 1 : 0.8;
    let lo = -Infinity;
    let hi = Infinity;
    for (let k = 0; k < this.dimension; k++) {
      const moved = share === 1 || this.uniform() < share;
      const x = c[k] as number;
      this.direction[k] = moved ? x : 0;
      if (!moved) continue;
      lo = Math.max(lo, Math.log((least[k] as number) / x));
      hi = Math.min(hi, Math.log((most[k] as number) / x));
    }
    if (!(lo <= 0 && hi >= 0 && lo > -Infinity)) return;
    // Even in the factor's logarithm, which is even in all of theirs.
    this.slice(i, lo, hi, temperature, Math.expm1, false);
  }

  private step(i: number, temperature: number): void {
    const c = this.walkers[i] as Float64Array;
    if (this.uniform() < TRADES) this.trade();
    else this.between(i);
    const { least, most } = this.terrain;
    let lo = -Infinity;
    let hi = Infinity;
    for (let k = 0; k < this.dimension; k++) {
      const d = this.direction[k] as number;
      if (d === 0) continue;
      const down = ((least[k] as number) - (c[k] as number)) / d;
      const up = ((most[k] as number) - (c[k] as number)) / d;
      lo = Math.max(lo, Math.min(down, up));
      hi = Math.min(hi, Math.max(down, up));
    }
    if (lo <= 0 && hi >= 0 && lo > -Infinity) this.slice(i, lo, hi, temperature, same, true);
  }

  /** One coordinate for another. */
  private trade(): void {
    this.direction.fill(0);
    this.direction[uniformInt(this.rng, 0, this.dimension - 1)] = 1;
    this.direction[uniformInt(this.rng, 0, this.dimension - 1)] = -1;
  }

  /** From one other walker to another, in all coordinates or in some. */
  private between(i: number): void {
    const a = this.other(i, i);
    const from = this.walkers[a] as Float64Array;
    const to = this.walkers[this.other(i, a)] as Float64Array;
    const share = this.uniform() < IN_ALL ? 1 : this.uniform() < 0.5 ? 2 / this.dimension : 1 / 3;
    for (let k = 0; k < this.dimension; k++)
      this.direction[k] =
        share === 1 || this.uniform() < share ? (to[k] as number) - (from[k] as number) : 0;
  }

  /**
   * Draws a place on the line between lo and hi.
   * @param t the line's own measure of it
   * @param weighted what is even in the measure is not so in logarithms: a place counts 1 / (product of coordinates)
   */
  private slice(
    i: number,
    lo: number,
    hi: number,
    temperature: number,
    t: (u: number) => number,
    weighted: boolean,
  ): void {
    const c = this.walkers[i] as Float64Array;
    const warmth = temperature > 0 ? -temperature * Math.log(1 - this.uniform()) : 0;
    const highest = (this.energies[i] as number) + warmth;
    const largest = weighted ? 1 / (1 - this.uniform()) : Infinity;
    this.terrain.aim(c, this.direction);
    for (let cut = 0; cut < MOST_CUTS; cut++) {
      const u = lo + (hi - lo) * this.uniform();
      const at = t(u);
      if (!weighted || this.growth(c, at) <= largest) {
        const e = this.terrain.energy(at);
        this.tried++;
        if (i < this.size) this.triedWanted++;
        if (e <= highest) {
          if (i < this.size) this.foundWanted++;
          this.go(c, at);
          this.energies[i] = e;
          return;
        }
      }
      if (u < 0) lo = u;
      else hi = u;
    }
  }

  /** Of the coordinates' product along the line. */
  private growth(c: Float64Array, t: number): number {
    let product = 1;
    for (let k = 0; k < this.dimension; k++) {
      const d = this.direction[k] as number;
      if (d !== 0) product *= 1 + (t * d) / (c[k] as number);
    }
    return product;
  }

  private go(c: Float64Array, t: number): void {
    const { least, most } = this.terrain;
    for (let k = 0; k < this.dimension; k++) {
      const x = (c[k] as number) + t * (this.direction[k] as number);
      // Rounding may leave the box by a hair.
      c[k] = Math.min(most[k] as number, Math.max(least[k] as number, x));
    }
  }

  /** A walker of the same level that is neither. */
  private other(i: number, a: number): number {
    const first = i - (i % this.size);
    for (;;) {
      const b = first + uniformInt(this.rng, 0, this.size - 1);
      if (b !== i && b !== a) return b;
    }
  }

  private uniform(): number {
    return uniformFloat64(this.rng);
  }
}

const same = (u: number): number => u;
