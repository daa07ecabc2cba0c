// SPDX-License-Identifier: GPL-2.0-only
// One place of a job's iodepth: its buffer, and the I/O that is under way in it.

import {
  DMA_ATTR_NO_WARN,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  dma_addr_t,
  type dma_data_direction,
  type mm_c,
  type scatterlist,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import { NVME_SIMPLE_BYTES } from '../cost';
import type { SimDevice } from './sim-device';

/** A size of I/O in one buffer: the pieces that the block layer makes of its pages, contiguous ones joined. */
export class Pieces {
  readonly list: scatterlist;

  constructor(
    mm: mm_c,
    pfns: Float64Array,
    readonly bytes: number,
  ) {
    const runs: { pfn: number; bytes: number }[] = [];
    for (let done = 0, i = 0; done < bytes; i++) {
      const pfn = pfns[i] as number;
      const part = Math.min(PAGE_SIZE, bytes - done);
      const last = runs.at(-1);
      if (last && last.pfn + last.bytes / PAGE_SIZE === pfn) last.bytes += part;
      else runs.push({ pfn, bytes: part });
      done += part;
    }
    const list = sg_array(runs.length);
    for (const [i, run] of runs.entries())
      sg_set_page(list[i] as scatterlist, mm.pfn_to_page(run.pfn), run.bytes, 0);
    this.list = list[0] as scatterlist;
    this.count = runs.length;
  }

  readonly count: number;
}

/** Whose I/O it is. */
export interface IoOwner {
  /** The interrupt handler is done with it. */
  completed(io: IoSlot): void;
  /** It could not be mapped. */
  putOff(io: IoSlot): void;
}

export class IoSlot {
  /** Bytes and direction of the I/O under way. */
  bytes = 0;
  write = false;
  /** Its number in the run, from 1. */
  serial = 0;
  /** Virtual nanoseconds. */
  submittedAt = 0;
  doneAt = 0;
  /** Where the device finds it. */
  address: dma_addr_t = dma_addr_t(0);
  /** Of the pieces of one size, made when the size first occurs. */
  private readonly bySize: Pieces[] = [];
  private pieces: Pieces | null = null;

  constructor(
    readonly job: IoOwner,
    readonly pfns: Float64Array,
    private readonly device: SimDevice,
  ) {}

  prepare(bytes: number, write: boolean): void {
    this.bytes = bytes;
    this.write = write;
    if (this.pieces?.bytes === bytes) return;
    let pieces = this.bySize.find((p) => p.bytes === bytes);
    if (!pieces) {
      pieces = new Pieces(this.device.mm, this.pfns, bytes);
      this.bySize.push(pieces);
    }
    this.pieces = pieces;
  }

  private direction(): dma_data_direction {
    return this.write ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
  }

  /** One small piece as a page, all else as a list (NVME_SIMPLE_BYTES). False if there is no room for it now. */
  map(): boolean {
    const { device } = this;
    const { list, count } = this.pieces as Pieces;
    if (this.isPage()) {
      const page = list.page_link as NonNullable<scatterlist['page_link']>;
      this.address = device.k.dma.dma_map_page_attrs(
        device.dev,
        page,
        0,
        this.bytes,
        this.direction(),
        0,
      );
      return this.address !== DMA_MAPPING_ERROR;
    }
    const mapped = device.k.dma.dma_map_sg_attrs(
      device.dev,
      list,
      count,
      this.direction(),
      DMA_ATTR_NO_WARN,
    );
    this.address = list.dma_address;
    return mapped > 0;
  }

  unmap(): void {
    const { device } = this;
    const { list, count } = this.pieces as Pieces;
    if (this.isPage())
      device.k.dma.dma_unmap_page_attrs(device.dev, this.address, this.bytes, this.direction(), 0);
    else
      device.k.dma.dma_unmap_sg_attrs(device.dev, list, count, this.direction(), DMA_ATTR_NO_WARN);
  }

  /** Where an access of the device goes, or -1: nowhere. */
  translate(address: number, write: boolean): number {
    return this.device.translate(address, write);
  }

  /** The mapped list, for the device; null for a mapping of one page. */
  segments(): scatterlist | null {
    return this.isPage() ? null : (this.pieces as Pieces).list;
  }

  private isPage(): boolean {
    return (this.pieces as Pieces).count === 1 && this.bytes <= NVME_SIMPLE_BYTES;
  }

  pieceCount(): number {
    return (this.pieces as Pieces).count;
  }
}
