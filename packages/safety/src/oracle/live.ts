// SPDX-License-Identifier: GPL-2.0-only
// What devices may do now: for each frame, the bytes of mappings that are in force.

/** Bytes of a frame that belong to a mapping in force. */
export interface LivePiece {
  /** First byte in the frame, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Number of the domain, and of the mapping. */
  readonly domain: number;
  readonly mapping: number;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  /** The CPU has taken these bytes with a sync and not given them back. */
  readonly isCpus: boolean;
}

const NONE: readonly LivePiece[] = [];

export class LivePieces {
  private readonly byFrame = new Map<number, LivePiece[]>();

  /** Of all domains, in the order of their bytes. */
  of(frame: number): readonly LivePiece[] {
    return this.byFrame.get(frame) ?? NONE;
  }

  add(frame: number, piece: LivePiece): void {
    const pieces = this.byFrame.get(frame);
    if (!pieces) {
      this.byFrame.set(frame, [piece]);
      return;
    }
    let at = pieces.length;
    while (at > 0 && (pieces[at - 1] as LivePiece).from > piece.from) at--;
    pieces.splice(at, 0, piece);
  }

  /** Those of a mapping are no longer in force. */
  remove(frame: number, mapping: number): void {
    const pieces = this.byFrame.get(frame);
    if (!pieces) return;
    const left = pieces.filter((piece) => piece.mapping !== mapping);
    if (left.length > 0) this.byFrame.set(frame, left);
    else this.byFrame.delete(frame);
  }
}
