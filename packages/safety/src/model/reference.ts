// SPDX-License-Identifier: GPL-2.0-only
// What the DMA API promises, byte by byte, whatever carries it out: a byte of the CPU or of the device has a value, or is
// not defined. Knows nothing of IOMMUs, pools and copies.

/** Bytes with a value each, or none. */
export class Bytes {
  readonly value: Uint8Array;
  /** 1: defined. */
  readonly defined: Uint8Array;

  constructor(length: number) {
    const both = new Uint8Array(2 * length);
    this.value = both.subarray(0, length);
    this.defined = both.subarray(length);
  }

  static zeros(length: number): Bytes {
    const bytes = new Bytes(length);
    bytes.defined.fill(1);
    return bytes;
  }

  get length(): number {
    return this.value.length;
  }

  set(at: number, values: Uint8Array): void {
    this.value.set(values, at);
    this.defined.fill(1, at, at + values.length);
  }

  forget(at: number, length: number): void {
    this.defined.fill(0, at, at + length);
  }

  copy(at: number, from: Bytes, start: number, length: number): void {
    this.value.set(from.value.subarray(start, start + length), at);
    this.defined.set(from.defined.subarray(start, start + length), at);
  }
}

export type Direction = 'to_device' | 'from_device' | 'bidirectional';

/** A piece of a buffer that is mapped. */
export interface Piece {
  readonly buffer: number;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface ReferenceMapping {
  readonly id: number;
  readonly device: number;
  readonly kind: 'page' | 'list';
  readonly direction: Direction;
  readonly pieces: readonly Piece[];
  /** The device's bytes, piece behind piece. */
  readonly seen: Bytes;
}

const reads = (direction: Direction): boolean => direction !== 'from_device';
const writes = (direction: Direction): boolean => direction !== 'to_device';

/** Buffers of the CPU and what of them is mapped. */
export class Reference {
  readonly buffers: Bytes[] = [];
  readonly mappings = new Map<number, ReferenceMapping>();

  /** A buffer of zeros. */
  addBuffer(bytes: number): number {
    return this.buffers.push(Bytes.zeros(bytes)) - 1;
  }

  /** Whether the range may be mapped: no byte of it is mapped already, unless devices only read it here and there. */
  mayMap(pieces: readonly Piece[], direction: Direction): boolean {
    for (const live of this.mappings.values()) {
      if (!writes(live.direction) && !writes(direction)) continue;
      if (pieces.some((a) => live.pieces.some((b) => overlap(a, b)))) return false;
    }
    return pieces.every((a, i) => pieces.every((b, j) => i <= j || !overlap(a, b)));
  }

  /** @param copies false: the driver syncs itself (DMA_ATTR_SKIP_CPU_SYNC) */
  map(mapping: Omit<ReferenceMapping, 'seen'>, copies: boolean): ReferenceMapping {
    const length = mapping.pieces.reduce((sum, piece) => sum + piece.length, 0);
    const kept: ReferenceMapping = { ...mapping, seen: new Bytes(length) };
    this.mappings.set(mapping.id, kept);
    if (copies) this.syncForDevice(kept, 0, length);
    return kept;
  }

  unmap(mapping: ReferenceMapping, copies: boolean): void {
    if (copies) this.syncForCpu(mapping, 0, mapping.seen.length);
    this.mappings.delete(mapping.id);
  }

  syncForDevice(mapping: ReferenceMapping, offset: number, length: number): void {
    if (!reads(mapping.direction)) return;
    eachPiece(mapping, offset, length, (i, buffer, at, n) => {
      mapping.seen.copy(i, this.buffer(buffer), at, n);
    });
  }

  syncForCpu(mapping: ReferenceMapping, offset: number, length: number): void {
    if (!writes(mapping.direction)) return;
    eachPiece(mapping, offset, length, (i, buffer, at, n) => {
      // What the device did not write is not defined where it is only to write: finding 1.
      this.buffer(buffer).copy(at, mapping.seen, i, n);
    });
  }

  /** Whether the CPU may write there: a device that only writes has what it wrote last. */
  cpuWrites(buffer: number, offset: number, bytes: Uint8Array): void {
    this.buffer(buffer).set(offset, bytes);
    const written: Piece = { buffer, offset, length: bytes.length };
    for (const mapping of this.mappings.values()) {
      let before = 0;
      for (const piece of mapping.pieces) {
        if (overlap(piece, written)) {
          const from = Math.max(piece.offset, offset);
          const to = Math.min(piece.offset + piece.length, offset + bytes.length);
          mapping.seen.forget(before + from - piece.offset, to - from);
        }
        before += piece.length;
      }
    }
  }

  /** Without a sync the CPU sees it, or does not yet. */
  deviceWrites(mapping: ReferenceMapping, offset: number, bytes: Uint8Array): void {
    mapping.seen.set(offset, bytes);
    eachPiece(mapping, offset, bytes.length, (_i, buffer, at, n) => {
      this.buffer(buffer).forget(at, n);
    });
  }

  buffer(id: number): Bytes {
    const found = this.buffers[id];
    if (!found) throw new Error(`no buffer ${String(id)}`);
    return found;
  }
}

export function mayRead({ direction }: ReferenceMapping): boolean {
  return reads(direction);
}

export function mayWrite({ direction }: ReferenceMapping): boolean {
  return writes(direction);
}

function overlap(a: Piece, b: Piece): boolean {
  return a.buffer === b.buffer && a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

/** Pieces of a range of a mapping's bytes: where each begins in it, its buffer, where it begins there, its bytes. */
function eachPiece(
  { pieces }: ReferenceMapping,
  offset: number,
  length: number,
  visit: (index: number, buffer: number, at: number, bytes: number) => void,
): void {
  let before = 0;
  for (const piece of pieces) {
    const from = Math.max(offset, before);
    const to = Math.min(offset + length, before + piece.length);
    if (from < to) visit(from, piece.buffer, piece.offset + from - before, to - from);
    before += piece.length;
  }
}
