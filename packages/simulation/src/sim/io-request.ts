// SPDX-License-Identifier: GPL-2.0-only
// One request to the drive: an I/O, or the part of one that the block layer cut off. Mapped, done and unmapped by itself.

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
import type { IoSlot } from './io-slot';
import { Pieces } from './pieces';
import type { SimDevice } from './sim-device';
import type { Run } from './split';

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
