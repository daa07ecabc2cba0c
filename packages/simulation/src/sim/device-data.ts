// SPDX-License-Identifier: GPL-2.0-only
// The bytes of an I/O: a stamp in each page, written on one side, checked on the other, so that what was mapped,
// bounced and copied is known to have arrived.

import { PAGE_SIZE, sg_next, type scatterlist } from '@iommu-bounce/linux-shim';
import type { IoSlot } from './io-slot';
import type { SimDevice } from './sim-device';

const WORD = 8;

/** More pages than any I/O has: stamps of different I/Os differ. */
const MOST_PAGES = 4096;

export class DeviceData {
  /** Pages moved and checked, and those that were wrong. */
  pages = 0;
  wrong = 0;
  /** Accesses that found no translation. */
  faults = 0;
  private readonly words: Float64Array;

  constructor({ mm: { ram } }: SimDevice) {
    this.words = new Float64Array(ram.buffer, ram.byteOffset, Math.floor(ram.length / WORD));
  }

  /** A job fills the buffer that it writes. */
  fill(io: IoSlot): void {
    const pages = Math.ceil(io.bytes / PAGE_SIZE);
    for (let i = 0; i < pages; i++) this.words[this.bufferWord(io, i)] = stamp(io, i);
  }

  /** A job looks at what it has read. */
  checkBuffer(io: IoSlot): void {
    const pages = Math.ceil(io.bytes / PAGE_SIZE);
    for (let i = 0; i < pages; i++) this.expect(this.words[this.bufferWord(io, i)], stamp(io, i));
  }

  /** The device moves the data of an I/O, through whatever translates its accesses. */
  transfer(io: IoSlot): void {
    let page = 0;
    let sg = io.segments();
    if (sg === null) {
      this.segment(io, io.address, io.bytes, 0);
      return;
    }
    for (let left = io.bytes; left > 0;) {
      const at: scatterlist = sg as scatterlist;
      page = this.segment(io, at.dma_address, at.dma_length, page);
      left -= at.dma_length;
      if (left > 0) sg = sg_next(at);
    }
  }

  private segment(io: IoSlot, address: number, bytes: number, firstPage: number): number {
    let page = firstPage;
    for (let done = 0; done < bytes; done += PAGE_SIZE, page++) {
      const at = io.translate(address + done, !io.write);
      if (at < 0) this.faults++;
      else if (io.write) this.expect(this.words[at / WORD], stamp(io, page));
      else this.words[at / WORD] = stamp(io, page);
    }
    return page;
  }

  private bufferWord(io: IoSlot, page: number): number {
    return ((io.pfns[page] as number) * PAGE_SIZE) / WORD;
  }

  private expect(found: number | undefined, wanted: number): void {
    this.pages++;
    if (found !== wanted) this.wrong++;
  }
}

function stamp(io: IoSlot, page: number): number {
  return io.serial * MOST_PAGES + page;
}
