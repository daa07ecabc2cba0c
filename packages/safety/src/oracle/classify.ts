// SPDX-License-Identifier: GPL-2.0-only
// What a device can do to the bytes of one frame and may not: the kind of each byte, for reads and for writes.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { ContentNumber, PlaceNumber, kindOf } from './kinds';
import type { LivePiece } from './live';
import { Origin, type Origins } from './origins';
import { CAN_READ, CAN_WRITE } from './reach';
import { RunList } from './runs';

/** A frame as a domain's device sees it. */
export interface SeenFrame {
  readonly domain: number;
  /** CAN_READ and CAN_WRITE. */
  readonly rights: number;
  /** Where bytes lie that belong to no mapping in force, as a number of PLACES. */
  readonly elsewhere: number;
  /** The frame is a bounce buffer's. */
  readonly isBounce: boolean;
}

export class Classifier {
  /** Kinds of what can be read, and of what can be changed. */
  readonly reads = new RunList();
  readonly writes = new RunList();

  constructor(private readonly origins: Origins) {}

  /** Fills `reads` and `writes`. */
  classify(seen: SeenFrame, content: RunList, pieces: readonly LivePiece[]): void {
    const { reads, writes } = this;
    reads.clear();
    writes.clear();
    const { domain, rights } = seen;
    let next = 0;
    for (let start = 0, run = 0; start < PAGE_SIZE;) {
      while (next < pieces.length && isOver(pieces[next] as LivePiece, domain, start)) next++;
      const piece = pieces[next];
      const runEnd = content.ends[run] as number;
      const isIn = piece !== undefined && piece.from <= start;
      const pieceEnd = piece === undefined ? PAGE_SIZE : isIn ? piece.to : piece.from;
      const end = Math.min(runEnd, pieceEnd);
      const tag = content.values[run] as number;
      const own = isIn ? piece : null;
      reads.push(end, (rights & CAN_READ) !== 0 ? this.read(seen, own, tag) : 0);
      writes.push(end, (rights & CAN_WRITE) !== 0 ? this.write(seen, own, tag) : 0);
      if (runEnd === end) run++;
      start = end;
    }
  }

  private read({ domain, elsewhere }: SeenFrame, own: LivePiece | null, tag: number): number {
    const content = this.readContent(domain, own, tag);
    if (own === null) return kindOf(elsewhere, content);
    if (content === ContentNumber.nothing) return 0;
    return kindOf(own.mayRead ? PlaceNumber.live : PlaceNumber.direction, content);
  }

  private readContent(domain: number, own: LivePiece | null, tag: number): number {
    const { origins } = this;
    const mapping = origins.mappingOf(tag);
    if (mapping < 0) return contentOfOwnerless(tag);
    if (origins.domainOf(mapping) !== domain) return ContentNumber.other_domain;
    if (origins.isByDevice(tag)) return ContentNumber.nothing;
    if (own?.mapping === mapping && own.mayRead) return ContentNumber.nothing;
    return origins.wasGiven(mapping) ? ContentNumber.residue : ContentNumber.private;
  }

  private write(
    { domain, elsewhere, isBounce }: SeenFrame,
    own: LivePiece | null,
    tag: number,
  ): number {
    if (own?.mayWrite && !own.isCpus) return 0;
    const place = !own ? elsewhere : own.mayWrite ? PlaceNumber.cpu : PlaceNumber.direction;
    if (isBounce) return kindOf(place, ContentNumber.bounce);
    if (own) return kindOf(place, ContentNumber.driver_data);
    const mapping = this.origins.mappingOf(tag);
    if (mapping < 0) return kindOf(place, contentOfOwnerless(tag));
    return kindOf(
      place,
      this.origins.domainOf(mapping) === domain
        ? ContentNumber.driver_data
        : ContentNumber.other_domain,
    );
  }
}

function isOver(piece: LivePiece, domain: number, start: number): boolean {
  return piece.domain !== domain || piece.to <= start;
}

/** Of tags that belong to no mapping. */
const OWNERLESS: Readonly<Record<number, number>> = {
  [Origin.zero]: ContentNumber.nothing,
  [Origin.private]: ContentNumber.private,
  [Origin.uninitialised]: ContentNumber.uninitialised,
  [Origin.driverMetadata]: ContentNumber.driver_metadata,
  [Origin.osMetadata]: ContentNumber.os_metadata,
  [Origin.colocated]: ContentNumber.colocated,
};

/** What bytes of a tag that belongs to no mapping are, whoever looks at them. */
export function contentOfOwnerless(tag: number): number {
  return OWNERLESS[tag] as number;
}
