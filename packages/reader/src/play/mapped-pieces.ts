// SPDX-License-Identifier: GPL-2.0-only
// What an IOMMU maps, piece by piece as it was asked for: ranges of addresses that do not overlap, in order.

/** Addresses and sizes in bytes; `prot` is a sum of IOMMU_READ and IOMMU_WRITE, and perhaps others. */
export interface Piece {
  readonly iova: number;
  readonly size: number;
  readonly phys: number;
  readonly prot: number;
}

export class MappedPieces {
  /** In order of their addresses. */
  readonly pieces: Piece[] = [];

  map(iova: number, phys: number, size: number, prot: number): void {
    this.pieces.splice(firstEndingBehind(this.pieces, iova), 0, { iova, size, phys, prot });
  }

  /** Takes a range out; pieces that reach over its ends are cut. */
  unmap(iova: number, size: number): void {
    const end = iova + size;
    const first = firstEndingBehind(this.pieces, iova);
    const rests: Piece[] = [];
    let last = first;
    for (; last < this.pieces.length; last++) {
      const piece = this.pieces[last] as Piece;
      if (piece.iova >= end) break;
      if (piece.iova < iova) rests.push({ ...piece, size: iova - piece.iova });
      const after = piece.iova + piece.size - end;
      if (after > 0)
        rests.push({
          iova: end,
          size: after,
          phys: piece.phys + (end - piece.iova),
          prot: piece.prot,
        });
    }
    this.pieces.splice(first, last - first, ...rests);
  }
}

/** Index of the first piece that ends after an address. */
export function firstEndingBehind(pieces: readonly Piece[], address: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = pieces[middle] as Piece;
    if (piece.iova + piece.size > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where an address leads; -1: nowhere. */
export function physOf(pieces: readonly Piece[], address: number): number {
  const piece = pieces[firstEndingBehind(pieces, address)];
  return piece !== undefined && piece.iova <= address ? piece.phys + (address - piece.iova) : -1;
}
