// SPDX-License-Identifier: GPL-2.0-only
// Where drivers have their buffers, and what lies around them. Frames are reused last in, first out, as a kernel does; what
// was in them stays until somebody writes.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { InputError } from '@iommu-bounce/simulation';
import type { BufferKind } from './operations';
import { Origin } from './origins';

/** Frames that drivers and their neighbours have: 2 MiB. */
export const FRAMES = 512;

/** A structure of a driver: its fields, the buffer, more fields. */
const STRUCT_BYTES = 1024;
const FIELDS_BEFORE = 64;
/** A network buffer: half a page, or three pages, with skb_shared_info at the end. */
const HALF = 2048;
const JUMBO_FRAMES = 3;
const SHARED_INFO = 320;
/** An object of kmalloc-512. Every other one on a page is the kernel's. */
const OBJECT = 512;

/** Writes bytes of an origin. */
export type Put = (address: number, bytes: number, tag: number) => void;

/** Contiguous bytes of a buffer. */
export interface Piece {
  readonly address: number;
  readonly bytes: number;
}

export interface DriverBuffer {
  readonly pieces: readonly Piece[];
  /** The driver has no more use for it. */
  readonly release: () => void;
}

export class BufferArena {
  /** Free blocks by their number of frames. */
  private readonly free = new Map<number, number[]>();
  /** Free halves of pages by device; free objects of kmalloc. */
  private readonly halves = new Map<number, number[]>();
  private readonly objects: number[] = [];
  private next: number;
  private readonly end: number;

  constructor(
    first: number,
    private readonly put: Put,
  ) {
    this.next = first;
    this.end = first + FRAMES;
    put(first * PAGE_SIZE, FRAMES * PAGE_SIZE, Origin.private);
  }

  /**
   * A buffer whose bytes are `tag`.
   * @throws InputError if there is no memory left
   */
  take(kind: BufferKind, device: number, bytes: number, tag: number): DriverBuffer {
    const buffer = this.place(kind, device, bytes);
    for (const piece of buffer.pieces) this.put(piece.address, piece.bytes, tag);
    return buffer;
  }

  private place(kind: BufferKind, device: number, bytes: number): DriverBuffer {
    switch (kind) {
      case 'disk':
        return this.whole(Math.ceil(bytes / PAGE_SIZE), bytes);
      case 'list':
        return this.list(bytes);
      case 'struct':
        return this.inStruct(bytes);
      case 'jumbo':
        return this.jumbo(bytes);
      case 'packet': {
        const half = this.halfOf(device);
        this.put(half + HALF - SHARED_INFO, SHARED_INFO, Origin.osMetadata);
        return part(half, bytes, () => this.halvesOf(device).push(half));
      }
      case 'kmalloc': {
        const object = this.object();
        return part(object, bytes, () => this.objects.push(object));
      }
    }
  }

  private whole(frames: number, bytes: number): DriverBuffer {
    const frame = this.frames(frames);
    const address = frame * PAGE_SIZE;
    this.put(address + bytes, frames * PAGE_SIZE - bytes, Origin.private);
    return part(address, bytes, () => {
      this.back(frame, frames);
    });
  }

  private list(bytes: number): DriverBuffer {
    const taken = Array.from({ length: Math.ceil(bytes / PAGE_SIZE) }, () => this.frames(1));
    const pieces = taken.map((frame, i) => ({
      address: frame * PAGE_SIZE,
      bytes: Math.min(PAGE_SIZE, bytes - i * PAGE_SIZE),
    }));
    const release = (): void => {
      for (const frame of taken) this.back(frame, 1);
    };
    return { pieces, release };
  }

  private inStruct(bytes: number): DriverBuffer {
    const frame = this.frames(1);
    const at = frame * PAGE_SIZE;
    this.put(at, STRUCT_BYTES, Origin.driverMetadata);
    this.put(at + STRUCT_BYTES, PAGE_SIZE - STRUCT_BYTES, Origin.colocated);
    return part(at + FIELDS_BEFORE, bytes, () => {
      this.back(frame, 1);
    });
  }

  private jumbo(bytes: number): DriverBuffer {
    const frame = this.frames(JUMBO_FRAMES);
    const end = (frame + JUMBO_FRAMES) * PAGE_SIZE;
    this.put(end - SHARED_INFO, SHARED_INFO, Origin.osMetadata);
    return part(frame * PAGE_SIZE, bytes, () => {
      this.back(frame, JUMBO_FRAMES);
    });
  }

  private halfOf(device: number): number {
    const halves = this.halvesOf(device);
    const half = halves.pop();
    if (half !== undefined) return half;
    const page = this.frames(1) * PAGE_SIZE;
    halves.push(page + HALF);
    return page;
  }

  private halvesOf(device: number): number[] {
    const found = this.halves.get(device);
    if (found) return found;
    const made: number[] = [];
    this.halves.set(device, made);
    return made;
  }

  private object(): number {
    const free = this.objects.pop();
    if (free !== undefined) return free;
    const page = this.frames(1) * PAGE_SIZE;
    for (let at = PAGE_SIZE - OBJECT; at >= 0; at -= OBJECT)
      if ((at / OBJECT) % 2 === 1) this.put(page + at, OBJECT, Origin.colocated);
      else this.objects.push(page + at);
    return this.objects.pop() as number;
  }

  private frames(count: number): number {
    const frame = this.free.get(count)?.pop();
    if (frame !== undefined) return frame;
    if (this.next + count > this.end)
      throw new InputError(
        `the buffers need more than ${String(FRAMES)} pages, expected fewer mappings in force at once`,
      );
    this.next += count;
    return this.next - count;
  }

  private back(frame: number, count: number): void {
    const blocks = this.free.get(count);
    if (blocks) blocks.push(frame);
    else this.free.set(count, [frame]);
  }
}

function part(address: number, bytes: number, release: () => void): DriverBuffer {
  return { pieces: [{ address, bytes }], release };
}
