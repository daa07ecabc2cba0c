// SPDX-License-Identifier: GPL-2.0-only
// The shadow of RAM: for each byte, who wrote it. What the ported code copies and clears is copied and cleared here too.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { Origin, valueOf } from './origins';
import { RunList, Runs } from './runs';

export class Shadow {
  /** By frame; undefined: never written, so it is zero. */
  private readonly frames: (Runs | undefined)[] = [];
  private readonly untouched = new Runs(Origin.zero);
  // Of a copy under way.
  private readonly copied = new RunList();

  /**
   * @param changed told of each frame whose bytes have another origin now
   * @param copies told of what is about to be copied: its address and its bytes
   */
  constructor(
    private readonly changed: (frame: number) => void,
    private readonly copies: (src: number, bytes: number) => void,
  ) {}

  /** Valid until bytes of the frame are written. */
  of(frame: number): RunList {
    return (this.frames[frame] ?? this.untouched).list;
  }

  /** Bytes from an address on have a new origin. */
  write(address: number, bytes: number, tag: number): void {
    for (let at = address; at < address + bytes;) {
      const frame = Math.floor(at / PAGE_SIZE);
      const from = at - frame * PAGE_SIZE;
      const to = Math.min(PAGE_SIZE, from + address + bytes - at);
      const runs = (this.frames[frame] ??= new Runs(Origin.zero));
      runs.set(from, to, tag);
      this.changed(frame);
      at += to - from;
    }
  }

  /** Bytes are copied, and their origins with them. */
  copy(dst: number, src: number, bytes: number): void {
    this.copies(src, bytes);
    const { copied } = this;
    copied.clear();
    let end = 0;
    this.eachRun(src, bytes, (n, tag) => {
      copied.push((end += n), tag);
    });
    for (let i = 0, at = 0; i < copied.count; i++) {
      const next = copied.ends[i] as number;
      this.write(dst + at, next - at, copied.values[i] as number);
      at = next;
    }
  }

  /** Runs of bytes with one origin, in order. */
  eachRun(address: number, bytes: number, see: (bytes: number, tag: number) => void): void {
    for (let at = address; at < address + bytes;) {
      const frame = Math.floor(at / PAGE_SIZE);
      const from = at - frame * PAGE_SIZE;
      const to = Math.min(PAGE_SIZE, from + address + bytes - at);
      const { count, ends, values } = this.of(frame);
      let start = 0;
      for (let i = 0; i < count && start < to; i++) {
        const end = Math.min(to, ends[i] as number);
        if (end > from) see(end - Math.max(start, from), values[i] as number);
        start = ends[i] as number;
      }
      at += to - from;
    }
  }

  /** Bytes of RAM that have another value than their origin's, and how many were compared. */
  compare(ram: Uint8Array): { readonly compared: number; readonly wrong: number } {
    let compared = 0;
    let wrong = 0;
    this.frames.forEach((runs, frame) => {
      if (!runs) return;
      compared += PAGE_SIZE;
      let at = frame * PAGE_SIZE;
      const { count, ends, values } = runs.list;
      for (let i = 0; i < count; i++) {
        const value = valueOf(values[i] as number);
        const end = frame * PAGE_SIZE + (ends[i] as number);
        for (; at < end; at++) if (ram[at] !== value) wrong++;
      }
    });
    return { compared, wrong };
  }
}
