// SPDX-License-Identifier: GPL-2.0-only
// Exposures by access, place and content: the matrix that every column is a sum of.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { Exposures } from './exposures';
import {
  ACCESSES,
  type Access,
  type Content,
  KINDS,
  type Place,
  contentOf,
  placeOf,
} from './kinds';
import type { WatchedDomain } from './watched-domain';

/** How much is exposed, and for how long. */
export interface Exposed {
  /** Bytes that became exposed: a byte counts once for each time. */
  readonly bytes: whole_number;
  /** The sum over these bytes of the virtual nanoseconds for which each was exposed. */
  readonly byte_ns: number;
  /** Virtual nanoseconds: the longest time for which one byte was exposed without a break. */
  readonly longest_ns: number;
}

export interface Cell extends Exposed {
  /** What the device could do to these bytes. */
  readonly access: Access;
  /** Where they lie for the device. */
  readonly place: Place;
  /** What they are. */
  readonly content: Content;
}

export const NOT_EXPOSED: Exposed = { bytes: 0, byte_ns: 0, longest_ns: 0 };

/** Of all domains together; those of no bytes are left out. */
export function cellsOf(domains: readonly WatchedDomain[]): Cell[] {
  return ACCESSES.flatMap((access) => {
    const all = domains.map((domain) => domain[access === 'read' ? 'reads' : 'writes']);
    const cells: Cell[] = [];
    for (let kind = 1; kind < KINDS; kind++) {
      const bytes = sum(all, (one) => one.bytes[kind] as number);
      if (bytes === 0) continue;
      const longest_ns = Math.max(...all.map((one) => one.longest[kind] as number));
      const byte_ns = sum(all, (one) => one.byteNs[kind] as number);
      const [place, content] = [placeOf(kind), contentOf(kind)];
      cells.push({ access, place, content, bytes, byte_ns, longest_ns });
    }
    return cells;
  });
}

export function addUp(cells: readonly Exposed[]): Exposed {
  return cells.reduce<Exposed>(
    (all, { bytes, byte_ns, longest_ns }) => ({
      bytes: all.bytes + bytes,
      byte_ns: all.byte_ns + byte_ns,
      longest_ns: Math.max(all.longest_ns, longest_ns),
    }),
    NOT_EXPOSED,
  );
}

function sum(all: readonly Exposures[], of: (one: Exposures) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
