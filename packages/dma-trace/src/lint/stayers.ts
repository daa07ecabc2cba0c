// SPDX-License-Identifier: GPL-2.0-only
// Mappings that are alike: which of those in force at the end stayed while the others came and went, and whether the driver
// may keep them on purpose.

import type { Place } from '../calls/step';

/** As many as were ever in force beside those that stay have to come and go so often. */
const TURNS = 4;
/** From so many on, that none was added in the second half tells a working set from a leak. */
const LEAST_SET = 8;

/** A mapping in force. */
export interface Stay {
  readonly of: Stayers;
  /** Mappings of its kind that were in force when it began, and that had come and gone. */
  readonly inForce: number;
  readonly gone: number;
  /** The most in force from its begin to that of the next one which is still in force. */
  peak: number;
  before: Stay | null;
  after: Stay | null;
  /** Set at the end. */
  left: { readonly place: Place; readonly doubt: string | null } | null;
}

export interface Leaked {
  readonly place: Place;
  readonly doubt: string | null;
  /** Mappings of its kind that came and went since. */
  readonly overtaken: number;
}

export class Stayers {
  private inForce = 0;
  private gone = 0;
  /** The most in force before the first that is still in force. */
  private peak = 0;
  private first: Stay | null = null;
  private last: Stay | null = null;

  begin(): Stay {
    const { inForce, gone, last } = this;
    this.inForce++;
    const stay: Stay = {
      of: this,
      ...{ inForce, gone, peak: this.inForce, before: last, after: null, left: null },
    };
    if (last) last.after = stay;
    else this.first = stay;
    this.last = stay;
    return stay;
  }

  /** @param unmapped false: its end is not known, so it counts as none that went */
  end(stay: Stay, unmapped: boolean): void {
    const { before, after, peak } = stay;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
    if (before) before.peak = Math.max(before.peak, peak);
    else this.peak = Math.max(this.peak, peak);
    this.inForce--;
    if (unmapped) this.gone++;
  }

  /** The unmap of one that was ended without it was logged after all. */
  wentLate(): void {
    this.gone++;
  }

  /** At the end: all that leaked, or none. Equal buffers get one verdict. */
  leaked(): Leaked[] {
    const stays: Stay[] = [];
    for (let one = this.first; one; one = one.after) stays.push(one);
    const most = this.mostBeside(stays);
    // The youngest may be in flight: as many of the oldest as were overtaken often enough.
    for (let count = stays.length; count > 0; count--) {
      const least = TURNS * ((most[count] ?? 0) + 1);
      if (this.overtaken(stays, count - 1) < least) continue;
      const old = stays
        .slice(0, count)
        .map((stay, i) => ({ stay, overtaken: this.overtaken(stays, i) }))
        .filter(({ overtaken }) => overtaken >= least);
      if (this.isKept(old.map(({ stay }) => stay))) return [];
      return old.flatMap(({ stay: { left }, overtaken }) => (left ? [{ ...left, overtaken }] : []));
    }
    return [];
  }

  /** Those that were in force before it may be among those that went, unless they stay, too. */
  private overtaken(stays: readonly Stay[], index: number): number {
    const stay = stays[index];
    return stay ? this.gone - stay.gone - (stay.inForce - index) : 0;
  }

  /** By count of the oldest that are taken for staying: the most others that were in force at once. */
  private mostBeside(stays: readonly Stay[]): number[] {
    const ends = stays.map(({ peak }) => peak);
    for (let i = ends.length - 2; i >= 0; i--) ends[i] = Math.max(ends[i] ?? 0, ends[i + 1] ?? 0);
    let oldest = this.peak;
    return [...stays, null].map((_, count) => {
      oldest = Math.max(oldest, count === 0 ? 0 : (stays[count - 1]?.peak ?? 0) - count);
      return Math.max(oldest, (ends[count] ?? 0) - count);
    });
  }

  /** A ring is mapped before its transfers, a working set grows and stays: a leak goes on. One alone is taken for a leak. */
  private isKept(old: readonly Stay[]): boolean {
    const last = old.at(-1);
    if (!last || old.length < 2) return false;
    return last.gone <= old.length || (old.length >= LEAST_SET && 2 * last.gone <= this.gone);
  }
}
