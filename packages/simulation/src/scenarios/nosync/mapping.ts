// SPDX-License-Identifier: GPL-2.0-only
// A long-lived mapping of a driver, and the bytes that CPU and device write into it and find in it.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  PAGE_SIZE,
  type scatterlist,
  sg_next,
} from '@iommu-bounce/linux-shim';
import { Pieces, type SimDevice, runsOf } from '../../sim';
import type { SyncDriver } from './document';

/** Values stay clear of 0 and of the poison that fresh pages have, so that no byte is right by chance. */
const VALUES = 127;
const STEP = 31;

/** Byte `first` of what is written at a time, less 1; two times differ in every byte if they differ by less than VALUES. */
function firstValue(first: number, time: number): number {
  return (first * STEP + time) % VALUES;
}

/** Bytes first.. of what is written at a time. */
function fill(ram: Uint8Array, at: number, first: number, bytes: number, time: number): void {
  let value = firstValue(first, time);
  for (let i = at; i < at + bytes; i++) {
    ram[i] = 1 + value;
    value = value + STEP < VALUES ? value + STEP : value + STEP - VALUES;
  }
}

/** How many of these bytes are not there. */
function missing(ram: Uint8Array, at: number, first: number, bytes: number, time: number): number {
  let value = firstValue(first, time);
  let wrong = 0;
  for (let i = at; i < at + bytes; i++) {
    if (ram[i] !== 1 + value) wrong++;
    value = value + STEP < VALUES ? value + STEP : value + STEP - VALUES;
  }
  return wrong;
}

export class LongMapping {
  private readonly pieces: Pieces;
  private readonly ram: Uint8Array;
  private readonly attrs: number;
  private readonly syncs: boolean;
  private mapped = 0;

  constructor(
    private readonly device: SimDevice,
    private readonly pfns: Float64Array,
    /** Whole pages. */
    private readonly bytes: number,
    driver: SyncDriver,
  ) {
    this.pieces = new Pieces(device.mm, runsOf(pfns, bytes));
    this.ram = device.mm.ram;
    this.attrs = driver === 'syncs' ? 0 : DMA_ATTR_SKIP_CPU_SYNC;
    this.syncs = driver !== 'skips';
  }

  /** @throws Error if it cannot be mapped */
  map(): void {
    const { device, pieces } = this;
    const { list, count } = pieces;
    this.mapped = device.k.dma.dma_map_sg_attrs(
      device.dev,
      list,
      count,
      DMA_BIDIRECTIONAL,
      this.attrs,
    );
    if (this.mapped === 0) throw new Error(`${String(this.bytes)} bytes cannot be mapped`);
    if (device.workPending?.() === true) device.k.workqueue.run();
  }

  unmap(): void {
    const { device, pieces } = this;
    device.k.dma.dma_unmap_sg_attrs(
      device.dev,
      pieces.list,
      pieces.count,
      DMA_BIDIRECTIONAL,
      this.attrs,
    );
  }

  /** Whether the device reaches the driver's own pages. */
  isDirect(): boolean {
    const own = new Set(this.pfns);
    let direct = true;
    this.eachRun(true, (physical) => {
      if (!own.has(Math.floor(physical / PAGE_SIZE))) direct = false;
    });
    return direct;
  }

  /** The CPU writes all bytes; one that syncs then hands them to the device, if they are mapped. */
  cpuWrites(time: number): void {
    for (const [page, pfn] of this.pfns.entries())
      fill(this.ram, pfn * PAGE_SIZE, page * PAGE_SIZE, PAGE_SIZE, time);
    const { device, pieces } = this;
    // Before the map there is nothing to sync: it is what hands the bytes over.
    if (this.syncs && this.mapped > 0)
      device.k.dma.dma_sync_sg_for_device(device.dev, pieces.list, pieces.count, DMA_BIDIRECTIONAL);
  }

  /** Bytes that the CPU does not find as they were written; one that syncs takes them from the device first. */
  cpuMisses(time: number): number {
    const { device, pieces } = this;
    if (this.syncs)
      device.k.dma.dma_sync_sg_for_cpu(device.dev, pieces.list, pieces.count, DMA_BIDIRECTIONAL);
    return this.ownMisses(time);
  }

  /** The same without a sync: after the unmap. */
  ownMisses(time: number): number {
    let wrong = 0;
    for (const [page, pfn] of this.pfns.entries())
      wrong += missing(this.ram, pfn * PAGE_SIZE, page * PAGE_SIZE, PAGE_SIZE, time);
    return wrong;
  }

  deviceWrites(time: number): void {
    this.eachRun(true, (physical, first, bytes) => {
      fill(this.ram, physical, first, bytes, time);
    });
  }

  deviceMisses(time: number): number {
    let wrong = 0;
    this.eachRun(false, (physical, first, bytes) => {
      wrong += missing(this.ram, physical, first, bytes, time);
    });
    return wrong;
  }

  /** What the device reaches, in the order of the buffer's bytes, in pieces of at most a page. */
  private eachRun(
    write: boolean,
    see: (physical: number, first: number, bytes: number) => void,
  ): void {
    let done = 0;
    let sg: scatterlist | null = this.pieces.list;
    for (let i = 0; i < this.mapped && sg && done < this.bytes; i++, sg = sg_next(sg))
      for (let off = 0; off < sg.dma_length && done < this.bytes;) {
        const address = sg.dma_address + off;
        const bytes = Math.min(PAGE_SIZE - (address % PAGE_SIZE), sg.dma_length - off);
        const physical = this.device.translate(address, write);
        if (physical < 0) throw new Error(`the device finds nothing at ${address.toString(16)}`);
        see(physical, done, bytes);
        off += bytes;
        done += bytes;
      }
    if (done !== this.bytes) throw new Error(`only ${String(done)} bytes are mapped`);
  }
}
