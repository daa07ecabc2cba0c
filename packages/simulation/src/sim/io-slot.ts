// SPDX-License-Identifier: GPL-2.0-only
// One place of a job's iodepth: its buffer, and the I/O that is under way in it, as one request or several.

import {
  DMA_ATTR_NO_WARN,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  dma_addr_t,
  type dma_data_direction,
  type scatterlist,
} from '@iommu-bounce/linux-shim';
import { NVME_SIMPLE_BYTES } from '../cost';
import { Pieces } from './pieces';
import { type RequestLimits, USUAL_LIMITS, longestRequest } from './request-limits';
import type { SimDevice } from './sim-device';
import { type Run, splitIntoRequests } from './split';

/** Whose I/O it is. */
export interface IoOwner {
  /** The interrupt handler is done with it. */
  completed(io: IoSlot): void;
  /** A request of it could not be mapped. */
  putOff(io: IoSlot): void;
}

/** One request to the drive: an I/O, or the part of one that the block layer cut off. Mapped, done, unmapped by itself. */
export class IoRequest {
  /** Virtual nanoseconds. */
  doneAt = 0;
  /** Where the device finds it. */
  address: dma_addr_t = dma_addr_t(0);
  private readonly pieces: Pieces;

  /** @param firstPage of the I/O's buffer */
  constructor(
    readonly io: IoSlot,
    readonly firstPage: number,
    runs: readonly Run[],
    private readonly device: SimDevice,
  ) {
    this.pieces = new Pieces(device.mm, runs);
  }

  get bytes(): number {
    return this.pieces.bytes;
  }

  /** Physically contiguous parts of its memory. */
  get pieceCount(): number {
    return this.pieces.count;
  }

  get pages(): number {
    return Math.ceil(this.bytes / PAGE_SIZE);
  }

  private direction(): dma_data_direction {
    return this.io.write ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
  }

  /** One small piece as a page, all else as a list (NVME_SIMPLE_BYTES). False if there is no room for it now. */
  map(): boolean {
    const { device } = this;
    const { list } = this.pieces;
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
      this.pieceCount,
      this.direction(),
      DMA_ATTR_NO_WARN,
    );
    this.address = list.dma_address;
    return mapped > 0;
  }

  unmap(): void {
    const { device } = this;
    const { list } = this.pieces;
    if (this.isPage())
      device.k.dma.dma_unmap_page_attrs(device.dev, this.address, this.bytes, this.direction(), 0);
    else
      device.k.dma.dma_unmap_sg_attrs(
        device.dev,
        list,
        this.pieceCount,
        this.direction(),
        DMA_ATTR_NO_WARN,
      );
  }

  /** Where an access of the device goes, or -1: nowhere. */
  translate(address: number, write: boolean): number {
    return this.device.translate(address, write);
  }

  /** The mapped list, for the device; null for a mapping of one page. */
  segments(): scatterlist | null {
    return this.isPage() ? null : this.pieces.list;
  }

  private isPage(): boolean {
    return this.pieceCount === 1 && this.bytes <= NVME_SIMPLE_BYTES;
  }
}

/** A size of I/O in one buffer. */
interface Sized {
  readonly bytes: number;
  readonly requests: readonly IoRequest[];
}

export class IoSlot {
  /** Bytes and direction of the I/O under way. */
  bytes = 0;
  write = false;
  /** Its number in the run, from 1. */
  serial = 0;
  /** Virtual nanoseconds. */
  submittedAt = 0;
  /** What it consists of, how many of these are mapped or were, and how many are not done. */
  requests: readonly IoRequest[] = [];
  mapped = 0;
  left = 0;
  /** Made when a size first occurs. */
  private readonly bySize: Sized[] = [];

  constructor(
    readonly job: IoOwner,
    readonly pfns: Float64Array,
    private readonly device: SimDevice,
    private readonly limits: RequestLimits = USUAL_LIMITS,
  ) {}

  /** The next I/O, of which nothing is mapped. */
  prepare(bytes: number, write: boolean): void {
    this.write = write;
    if (this.bytes !== bytes || this.requests.length === 0) this.requests = this.requestsOf(bytes);
    this.bytes = bytes;
    this.mapped = 0;
    this.left = this.requests.length;
  }

  private requestsOf(bytes: number): readonly IoRequest[] {
    const known = this.bySize.find((sized) => sized.bytes === bytes);
    if (known !== undefined) return known.requests;
    const { device, limits } = this;
    let page = 0;
    const longest = longestRequest(limits, device.longestMapping);
    const requests = splitIntoRequests(this.pfns, bytes, limits, longest).map((pieces) => {
      const request = new IoRequest(this, page, pieces, device);
      page += request.bytes / PAGE_SIZE;
      return request;
    });
    this.bySize.push({ bytes, requests });
    return requests;
  }
}
