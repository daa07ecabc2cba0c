// SPDX-License-Identifier: GPL-2.0-only
// The bytes of an I/O: a stamp in each page, written on one side, checked on the other, so that what was mapped,
// bounced and copied is known to have arrived.

import { PAGE_SIZE, sg_next, type scatterlist } from '@iommu-bounce/linux-shim';
import type { IoRequest, IoSlot } from './io-slot';
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

  /** A job looks at what a request has read. */
  checkBuffer({ io, firstPage, pages }: IoRequest): void {
    for (let i = firstPage; i < firstPage + pages; i++)
      this.expect(this.words[this.bufferWord(io, i)], stamp(io, i));
  }

  /** The device moves the data of a request, through whatever translates its accesses. */
  transfer(request: IoRequest): void {
    let page = request.firstPage;
    let sg = request.segments();
    if (sg === null) {
      this.segment(request, request.address, request.bytes, page);
      return;
    }
    for (let left = request.bytes; left > 0;) {
      const at: scatterlist = sg as scatterlist;
      page = this.segment(request, at.dma_address, at.dma_length, page);
      left -= at.dma_length;
      if (left > 0) sg = sg_next(at);
    }
  }

  private segment(request: IoRequest, address: number, bytes: number, firstPage: number): number {
    const { io } = request;
    let page = firstPage;
    for (let done = 0; done < bytes; done += PAGE_SIZE, page++) {
      const at = request.translate(address + done, !io.write);
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
