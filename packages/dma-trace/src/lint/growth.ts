// SPDX-License-Identifier: GPL-2.0-only
// How many buffers are mapped, over a capture of any length, in memory that stays the same.

import type { Place } from '../calls/step';

/** Pieces that the time since the first change is divided into, at most; at the end they are put together to quarters. */
const MOST_PIECES = 64;
/** Nanoseconds of a piece at first: it doubles as often as the capture needs. */
const FIRST_WIDTH = 1000;
const LEAST_PIECES = 16;
const LEAST_CHANGES = 16;
/** What the count must have grown by from the first quarter to the last. */
const LEAST_GROWTH = 4;

export interface Grown {
  /** The least count in each quarter of the time, against that at the start. */
  readonly least: readonly number[];
  readonly first: Place;
  readonly firstNs: number;
}

export class Growth {
  private now = 0;
  private changes = 0;
  private widthNs = FIRST_WIDTH;
  /** The least count in each piece of the time. */
  private pieces: number[] = [];
  private first: { place: Place; timeNs: number } | null = null;

  /** @param by 1 for a map, -1 for an unmap, those of earlier maps included */
  change(by: number, place: Place, timeNs: number): void {
    this.first ??= { place, timeNs };
    this.changes++;
    const piece = this.reach(timeNs);
    // Before a map, after an unmap: a count that only goes up and down has the same least everywhere.
    this.pieces[piece] = Math.min(this.pieces[piece] ?? this.now, this.now + by);
    this.now += by;
  }

  /**
   * Null unless it grew in each quarter of the time, and in the last one by no less than a third of the mean: what fills up
   * once and stays so is no growth.
   * @param endNs of the capture
   */
  finish(endNs: number): Grown | null {
    const { first } = this;
    if (this.changes < LEAST_CHANGES || !first) return null;
    this.reach(endNs);
    if (this.pieces.length < LEAST_PIECES) return null;
    const quarter = this.pieces.length / 4;
    const least = [0, 1, 2, 3].map((i) =>
      Math.min(...this.pieces.slice(Math.floor(i * quarter), Math.floor((i + 1) * quarter))),
    );
    const [a = 0, b = 0, c = 0, d = 0] = least;
    const mean = (d - a) / 3;
    const isGrowth = a < b && b < c && c < d && d - a >= LEAST_GROWTH && d - c >= mean / 3;
    return isGrowth ? { least, first: first.place, firstNs: first.timeNs } : null;
  }

  /** The piece of a time; the count stayed the same since the piece before. */
  private reach(timeNs: number): number {
    let piece = this.pieceOf(timeNs);
    while (piece >= MOST_PIECES) {
      const halves: number[] = [];
      for (let i = 0; i < this.pieces.length; i += 2)
        halves.push(Math.min(this.pieces[i] ?? 0, this.pieces[i + 1] ?? Infinity));
      this.pieces = halves;
      this.widthNs *= 2;
      piece = this.pieceOf(timeNs);
    }
    while (this.pieces.length <= piece) this.pieces.push(this.now);
    // A clock that steps back does not change what was before.
    return this.pieces.length - 1;
  }

  private pieceOf(timeNs: number): number {
    const startNs = this.first?.timeNs ?? timeNs;
    return Math.max(0, Math.floor((timeNs - startNs) / this.widthNs));
  }
}
