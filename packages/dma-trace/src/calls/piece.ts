// SPDX-License-Identifier: GPL-2.0-only
// A map that belongs to no call, and what unmaps left of it.

import type { Claimable } from './account/iommu-account';
import type { EventHead } from '../event-head';
import type { AddressRange } from './address-index';
import type { RecordedMap, RecordedUnmap } from './step';
import type { HeldPlace } from './step-queue';

/** An iommu:map without a call so far. */
export interface OpenMap extends RecordedMap, Claimable {
  /** What is kept of it for a request that no call tells of; null: nothing. */
  piece: Piece | null;
}

/** Who mapped it: which device its latest call was for. */
export interface PieceContext {
  readonly device: string | null;
  /** Its latest iommu:map that had no call yet. */
  readonly latest: Piece | null;
}

/** A map that may yet find its call. Its place among the steps becomes that of the request of which it is the last piece. */
export interface Piece extends AddressRange, HeldPlace {
  readonly map: OpenMap;
  readonly event: EventHead;
  readonly file: string;
  readonly context: PieceContext;
  /** Of the task's latest call; null before its first. */
  readonly device: string | null;
  /** Of its domain, from 1; of these only those that must differ do. */
  readonly domain: number;
  /** What was unmapped of it, and of others by the same unmaps; null: nothing. */
  cut: Cut | null;
  before: Piece | null;
  after: Piece | null;
}

/** Stretches of one map that are left at most; the last ones count as unmapped beyond that. */
const MOST_STRETCHES = 1024;

/** Unmaps kept of one request: a page each of the largest. */
const MOST_UNMAPS = 2 ** 14;

interface Stretch {
  start: number;
  end: number;
}

/** Maps that the same unmaps ended in part, and what is left of them. */
export class Cut {
  /** Bytes of all of them that are mapped. */
  bytes = 0;
  /** An unmap also covered what is not shown mapped, or what a call has mapped: this is no whole request. */
  isIncomplete = false;
  readonly unmaps: RecordedUnmap[] = [];
  private readonly left = new Map<Piece, Stretch[]>();

  get size(): number {
    return this.left.size;
  }

  get pieces(): Piece[] {
    return [...this.left.keys()];
  }

  /** Whether something of a range of the map is left. */
  leaves(piece: Piece, start: number, end: number): boolean {
    return (this.left.get(piece) ?? []).some((one) => one.start < end && one.end > start);
  }

  add(piece: Piece): void {
    this.left.set(piece, [{ start: piece.dmaAddr, end: piece.dmaAddr + piece.size }]);
    this.bytes += piece.size;
    piece.cut = this;
  }

  /** The map is a call's, or is kept no longer. */
  forget(piece: Piece): void {
    for (const { start, end } of this.left.get(piece) ?? []) this.bytes -= end - start;
    this.left.delete(piece);
    piece.cut = null;
  }

  /** All that another has becomes part of this one. */
  join(other: Cut): void {
    for (const [piece, stretches] of other.left) {
      this.left.set(piece, stretches);
      piece.cut = this;
    }
    this.bytes += other.bytes;
    this.isIncomplete ||= other.isIncomplete;
    for (const unmap of other.unmaps) this.keep(unmap);
  }

  keep(unmap: RecordedUnmap): void {
    if (this.unmaps.length < MOST_UNMAPS) this.unmaps.push(unmap);
  }

  /** A range of the map was unmapped. */
  take(piece: Piece, start: number, end: number): void {
    const rest: Stretch[] = [];
    for (const one of this.left.get(piece) ?? []) {
      const [before, after] = [Math.min(one.end, start), Math.max(one.start, end)];
      if (one.start < before) rest.push({ start: one.start, end: before });
      if (after < one.end) rest.push({ start: after, end: one.end });
      this.bytes -= one.end - one.start;
    }
    rest.length = Math.min(rest.length, MOST_STRETCHES);
    for (const one of rest) this.bytes += one.end - one.start;
    this.left.set(piece, rest);
  }

  /** By address. */
  inOrder(): Piece[] {
    return this.pieces.sort((a, b) => a.dmaAddr - b.dmaAddr);
  }
}
