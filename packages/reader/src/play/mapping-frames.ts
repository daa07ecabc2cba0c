// SPDX-License-Identifier: GPL-2.0-only
// The mappings that drivers hold, with the first bytes of both sides; and the copies between them.

import { PAGE_SIZE, type machine, page_to_virt, phys_addr_t } from '@iommu-bounce/linux-shim';
import type { io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import type { CopyFrame, MappingFrame, PoolFrame, SlotPlace } from './frame';
import type { HeldMapping } from './held-mapping';
import { type Piece, physOf } from './mapped-pieces';
import type { Copy } from './watched-memory';

/** Bytes shown of each side. */
const MOST_BYTES = 64;

/** Mappings whose bytes are shown: those made last, and the one that the step is about. */
const WITH_BYTES = 32;

/** The pool of a domain, and its number among the frame's pools. */
export interface PoolPlace {
  readonly frame: PoolFrame;
  readonly index: number;
}

interface Made {
  readonly held: HeldMapping;
  readonly frame: MappingFrame;
}

/** Makes frames of mappings; one without bytes is the same object in each frame. */
export class MappingFrames {
  private made = new Map<number, Made>();

  /**
   * Those of one domain, in the order given.
   * @param place of the domain's pool; null: there is none
   * @param pieces what its devices can reach
   * @param about the mapping that the step is about
   */
  frames(
    k: machine,
    held: readonly HeldMapping[],
    place: PoolPlace | null,
    pieces: readonly Piece[],
    about: number | null,
  ): MappingFrame[] {
    return held.map((one, i) => {
      const withBytes = one.id === about || i >= held.length - WITH_BYTES;
      const before = this.made.get(one.id);
      if (!withBytes && before?.held === one && before.frame.slot?.pool === place?.index)
        return before.frame;
      const frame = mappingFrame(k, one, place, pieces, withBytes);
      if (!withBytes) this.made.set(one.id, { held: one, frame });
      return frame;
    });
  }

  /** Forgets mappings that are gone. */
  retain(held: readonly HeldMapping[]): void {
    if (this.made.size <= 2 * held.length) return;
    const ids = new Set(held.map(({ id }) => id));
    for (const id of this.made.keys()) if (!ids.has(id)) this.made.delete(id);
  }
}

function mappingFrame(
  k: machine,
  held: HeldMapping,
  place: PoolPlace | null,
  pieces: readonly Piece[],
  withBytes: boolean,
): MappingFrame {
  const { id, device, kind, size, segments, direction } = held;
  const dmaAddress = segments[0]?.[0] ?? 0;
  const slot = place === null ? null : slotAt(place.frame, place.index, dmaAddress);
  const phys = physOf(pieces, dmaAddress);
  const allocated = kind === 'coherent' || kind === 'pages' || kind === 'noncontiguous';
  const reached = withBytes ? bytesOf(k, reachedParts(segments, pieces)) : [];
  const original =
    allocated && slot === null ? reached : withBytes ? bytesOf(k, held.original) : [];
  return {
    id,
    device,
    kind,
    dmaAddress,
    size,
    segments,
    direction,
    bounced: slot !== null || (phys >= 0 && k.swiotlb.is_swiotlb_buffer(phys_addr_t(phys))),
    slot,
    original,
    reached,
  };
}

function slotAt(frame: PoolFrame, pool: number, iova: number): SlotPlace | null {
  for (const [klass, { iovaBase, bufferSize, slots }] of frame.classes.entries()) {
    const slot = Math.floor((iova - iovaBase) / bufferSize);
    if (slot >= 0 && slot < slots.length) return { pool, klass, slot };
  }
  return null;
}

type Part = readonly [phys: number, bytes: number];

/** Where the first bytes of a mapping lead, page by page. */
function reachedParts(
  segments: MappingFrame['segments'],
  pieces: readonly Piece[],
): readonly Part[] {
  const parts: Part[] = [];
  let left = MOST_BYTES;
  for (const [iova, size] of segments)
    for (let off = 0; off < size && left > 0;) {
      const inPage = PAGE_SIZE - ((iova + off) % PAGE_SIZE);
      const bytes = Math.min(left, size - off, inPage);
      parts.push([physOf(pieces, iova + off), bytes]);
      off += bytes;
      left -= bytes;
    }
  return parts;
}

/** The first bytes of some memory, up to where there is no RAM. */
function bytesOf(k: machine, parts: readonly Part[]): number[] {
  const bytes: number[] = [];
  for (const [phys, length] of parts) {
    const count = Math.min(length, MOST_BYTES - bytes.length);
    if (count <= 0 || phys < 0 || !k.mm.pfn_valid(Math.floor((phys + count - 1) / PAGE_SIZE)))
      break;
    bytes.push(...k.mm.bytes_at(phys_addr_t(phys), count));
  }
  return bytes;
}

/** Copies from or to a bounce buffer, in order. */
export function copyFrames(
  k: machine,
  copies: readonly Copy[],
  pools: readonly io_buffer_pool[],
): CopyFrame[] {
  if (copies.length === 0) return [];
  const bounce = bouncePages(pools);
  const isBounce = (address: number): boolean =>
    bounce.has(Math.floor(address / PAGE_SIZE)) ||
    k.swiotlb.is_swiotlb_buffer(phys_addr_t(address));
  const frames: CopyFrame[] = [];
  for (const { dst, src, bytes } of copies)
    if (isBounce(dst)) frames.push({ from: 'original', bytes });
    else if (isBounce(src)) frames.push({ from: 'bounce', bytes });
  return frames;
}

/** Pages of the linear map that the port takes for those of slots: also those that it finds for highmem by mistake. */
function bouncePages(pools: readonly io_buffer_pool[]): Set<number> {
  const pages = new Set<number>();
  for (const pool of pools)
    for (const klass of pool.classes)
      for (const { bounce_buffer } of klass.slots)
        for (const page of bounce_buffer ?? [])
          if (page !== null) pages.add(Math.floor(page_to_virt(page) / PAGE_SIZE));
  return pages;
}
