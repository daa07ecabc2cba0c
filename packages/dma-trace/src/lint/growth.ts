// SPDX-License-Identifier: GPL-2.0-only
// How many buffers are mapped, over a capture of any length, in memory that stays the same.

import type { Place } from '../calls/step';

/** Pieces that a capture is divided into, at most; at the end they are put together to quarters. */
const MOST_PIECES = 64;
/** What the count must have grown by from the first quarter to the last. */
const LEAST_GROWTH = 4;

export interface Grown {
  /** The least count in each quarter, against that at the start. */
  readonly least: readonly number[];
  readonly first: Place;
  readonly firstNs: number;
}

export class Growth {
  private now = 0;
  private least = 0;
  private changes = 0;
  private perPiece = 1;
  private pieces: number[] = [];
  private first: { place: Place; timeNs: number } | null = null;

  /** @param by 1 for a map, -1 for an unmap, those of earlier maps included */
  change(by: number, place: Place, timeNs: number): void {
    this.first ??= { place, timeNs };
    // Before a map, after an unmap: a count that only goes up and down has the same least everywhere.
    this.least = Math.min(this.least, this.now, this.now + by);
    this.now += by;
    if (++this.changes < this.perPiece) return;
    this.pieces.push(this.least);
    this.changes = 0;
    this.least = this.now;
    if (this.pieces.length < MOST_PIECES) return;
    const halves: number[] = [];
    for (let i = 0; i < this.pieces.length; i += 2)
      halves.push(Math.min(this.pieces[i] ?? 0, this.pieces[i + 1] ?? Infinity));
    this.pieces = halves;
    this.perPiece *= 2;
  }

  /** Null unless it grew in each quarter, and in the last one by no less than a third of the mean. */
  finish(): Grown | null {
    const { pieces, first } = this;
    if (pieces.length < 16 || !first) return null;
    const quarter = pieces.length / 4;
    const least = [0, 1, 2, 3].map((i) =>
      Math.min(...pieces.slice(Math.floor(i * quarter), Math.floor((i + 1) * quarter))),
    );
    const [a = 0, b = 0, c = 0, d = 0] = least;
    const mean = (d - a) / 3;
    const isGrowth = a < b && b < c && c < d && d - a >= LEAST_GROWTH && d - c >= mean / 3;
    return isGrowth ? { least, first: first.place, firstNs: first.timeNs } : null;
  }
}
