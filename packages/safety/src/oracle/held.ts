// SPDX-License-Identifier: GPL-2.0-only
// A mapping in force, or coherent memory: the calls of the DMA API that make it, and where its bytes are for the device.

import {
  DMA_MAPPING_ERROR,
  GFP_KERNEL,
  NULL_ptr,
  PAGE_SIZE,
  dma_addr_t,
  type dma_data_direction,
  type machine,
  type scatterlist,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import type { CaptureDevice } from '@iommu-bounce/simulation';
import type { DriverBuffer, Piece } from './buffers';
import { DMA_DIRECTIONS, listOf, segmentsOf } from './driver-lists';
import type { Direction } from './operations';

export class Held {
  /** Where the device finds it, in order. */
  segments: readonly Piece[] = [];
  /** Frames that it lies in, as the device reaches it. */
  frames: number[] = [];
  /** Bytes that the device has moved, at most. */
  moved = 0;
  /** Bytes that the CPU has taken with a sync: from, and the one behind the last. */
  cpuFrom = 0;
  cpuTo = 0;
  /** When the call that made it returned, virtual nanoseconds. */
  since = 0;
  private list: scatterlist | null = null;
  private cpuAddress: virt_addr_t = NULL_ptr;

  /**
   * @param number of its mapping
   * @param buffer null: coherent memory
   */
  constructor(
    private readonly k: machine,
    readonly number: number,
    readonly device: CaptureDevice,
    readonly bytes: number,
    readonly direction: Direction,
    readonly buffer: DriverBuffer | null,
    private readonly isList: boolean,
  ) {}

  get domain(): number {
    return this.device.domain.id;
  }

  mayRead(): boolean {
    return this.direction !== 'from';
  }

  mayWrite(): boolean {
    return this.direction !== 'to';
  }

  /** @returns whether the port mapped it */
  map(): boolean {
    const {
      k: { dma, mm },
      device: {
        plugged: { dev },
      },
      buffer,
      bytes,
    } = this;
    if (!buffer) {
      const out = { value: DMA_MAPPING_ERROR };
      this.cpuAddress = dma.dma_alloc_attrs(dev, bytes, out, GFP_KERNEL, 0);
      if (this.cpuAddress === NULL_ptr) return false;
      this.segments = [{ address: out.value, bytes }];
      return true;
    }
    if (this.isList) return this.mapList(buffer.pieces);
    const { address } = buffer.pieces[0] as Piece;
    const page = mm.pfn_to_page(Math.floor(address / PAGE_SIZE));
    const at = dma.dma_map_page_attrs(dev, page, address % PAGE_SIZE, bytes, this.dir(), 0);
    if (at === DMA_MAPPING_ERROR) return false;
    this.segments = [{ address: at, bytes }];
    return true;
  }

  unmap(): void {
    const { dma } = this.k;
    const { dev } = this.device.plugged;
    const { address } = this.segments[0] as Piece;
    if (!this.buffer) dma.dma_free_attrs(dev, this.bytes, this.cpuAddress, dma_addr_t(address), 0);
    else if (this.list)
      dma.dma_unmap_sg_attrs(dev, this.list, this.buffer.pieces.length, this.dir(), 0);
    else dma.dma_unmap_page_attrs(dev, dma_addr_t(address), this.bytes, this.dir(), 0);
  }

  /** Of a list all of it is synced. */
  sync(forCpu: boolean, offset: number, bytes: number): void {
    const { dma } = this.k;
    const { dev } = this.device.plugged;
    if (this.list) {
      const { length } = (this.buffer as DriverBuffer).pieces;
      if (forCpu) dma.dma_sync_sg_for_cpu(dev, this.list, length, this.dir());
      else dma.dma_sync_sg_for_device(dev, this.list, length, this.dir());
      return;
    }
    const at = dma_addr_t((this.segments[0] as Piece).address + offset);
    if (forCpu) dma.dma_sync_single_for_cpu(dev, at, bytes, this.dir());
    else dma.dma_sync_single_for_device(dev, at, bytes, this.dir());
  }

  /**
   * Where its first bytes are for the device, page by page.
   * @param see told the physical address, or -1 where the device finds nothing; the offset; the bytes
   */
  eachPiece(
    bytes: number,
    write: boolean,
    see: (physical: number, offset: number, bytes: number) => void,
  ): void {
    const { translate } = this.device.plugged;
    let offset = 0;
    for (const { address, bytes: length } of this.segments)
      for (let at = address; at < address + length && offset < bytes;) {
        const n = Math.min(PAGE_SIZE - (at % PAGE_SIZE), address + length - at, bytes - offset);
        see(translate(at, write), offset, n);
        at += n;
        offset += n;
      }
  }

  private mapList(pieces: readonly Piece[]): boolean {
    const first = listOf(this.k, pieces);
    const { dev } = this.device.plugged;
    const count = this.k.dma.dma_map_sg_attrs(dev, first, pieces.length, this.dir(), 0);
    if (count === 0) return false;
    this.segments = segmentsOf(first, count);
    this.list = first;
    return true;
  }

  private dir(): dma_data_direction {
    return DMA_DIRECTIONS[this.direction];
  }
}
