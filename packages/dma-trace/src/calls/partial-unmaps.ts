// SPDX-License-Identifier: GPL-2.0-only
// Maps that are unmapped in parts: page by page, in chunks, or several of them at once with another begin or end.
//
// Maps that an unmap has in common are one request, which ends when nothing of them is left.

import { Cut, type Piece } from './piece';
import type { LivePieces } from './pieces';
import type { RecordedUnmap } from './step';

/**
 * Takes what was unmapped off the maps of one domain.
 * @returns these maps; null where none is in force there
 */
export function cutOff(live: LivePieces, unmap: RecordedUnmap): Cut | null {
  const start = unmap.iova;
  // The kernel stops where nothing is mapped.
  const end = start + unmap.unmapped;
  if (end <= start) return null;
  const touched = live.touching(start, end);
  const [first] = touched;
  if (!first) return null;
  const ours = touched.filter(({ domain }) => domain === first.domain);
  const cut = joined(ours);
  const before = cut.bytes;
  for (const piece of ours) cut.take(piece, start, end);
  if (before - cut.bytes < end - start) cut.isIncomplete = true;
  cut.keep(unmap);
  return cut;
}

/** The cut that all of these are in from now on. */
function joined(pieces: readonly Piece[]): Cut {
  let all = new Cut();
  // The smaller into the larger: many joins must not move the same maps again and again.
  for (const { cut } of pieces) if (cut && cut.size > all.size) all = cut;
  for (const piece of pieces) {
    if (!piece.cut) all.add(piece);
    else if (piece.cut !== all) all.join(piece.cut);
  }
  return all;
}
