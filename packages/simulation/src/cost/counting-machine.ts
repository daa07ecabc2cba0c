// SPDX-License-Identifier: GPL-2.0-only
// A machine with one device, on which everything that costs time is counted.

import { IO_BUFFER_Y, bootOn, pool_of } from '@iommu-bounce/integration';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import {
  DMA_BIT_MASK,
  bus_type,
  device,
  device_dma_parameters,
  type machine,
} from '@iommu-bounce/linux-shim';
import type { IommuKind } from './presets';
import {
  COUNTED_OVERLAYS,
  COUNTED_PARTS,
  StepCounter,
  type StepCounts,
  noSteps,
} from './step-counter';

/** Pages for all that is no bounce buffer. Few: a break-even size boots a dozen machines, and clearing memory takes time. */
const OTHER_PAGES = 256;
/** The same with the pool, for each I/O in flight: it fills more buffers than are in use at once. */
const POOL_PAGES = 32;
/** Frames in front of the pool's, for each I/O in flight: so no figure depends on where these begin. */
const GAP = 16;

export class CountingMachine {
  readonly k: machine;
  readonly dev = new device('nvme0');
  private readonly counter = new StepCounter();
  private readonly emptySlots: () => number;

  /**
   * @param pool with the four patches and the pool built in; else before the series
   * @param frames for buffers: reserved memory from `firstPfn` on
   * @param iodepth I/Os in flight
   */
  constructor(iommu: IommuKind, pool: boolean, frames: number, iodepth: number) {
    const bareMetal = iommu === 'bare-metal';
    const on = bootOn(
      bareMetal ? 'table' : 'virtio',
      {
        patches: pool ? 4 : 0,
        config: pool ? IO_BUFFER_Y : '',
        machine: {
          memory: {
            nodes: [{ lowmem_pages: pool ? frames + POOL_PAGES * iodepth : OTHER_PAGES }],
            reserved_pages: frames + (pool ? GAP * iodepth : 1),
            bytes: false,
          },
          parts: COUNTED_PARTS,
        },
        overlays: COUNTED_OVERLAYS,
      },
      bareMetal ? { table: this.counter.table } : {},
    );
    const { m } = on;
    this.k = m.k;
    this.dev.bus = new bus_type('platform');
    this.dev.dma_mask = DMA_BIT_MASK(64);
    // As the NVMe driver sets it: a list's entry is never split.
    this.dev.dma_parms = new device_dma_parameters();
    this.dev.dma_parms.max_segment_size = 0xffffffff;
    const domain = on.plug(this.dev);
    this.emptySlots = () => {
      const at = pool_of(domain);
      return at ? io_buffer_pool_stats(at).reduce((sum, one) => sum + one.empty, 0) : 0;
    };
    this.counter.connect(on);
    this.reset();
  }

  get firstPfn(): number {
    return this.k.reserved_pfn;
  }

  /** Slots of the pool without pages: a fill takes one. */
  empty(): number {
    return this.emptySlots();
  }

  reset(): void {
    this.counter.drain(noSteps());
  }

  /** Since `reset`, or the last time. @param calls of the DMA API since then */
  counts(calls: number): StepCounts {
    const counts = noSteps();
    this.counter.drain(counts);
    // Each call that reaches the IOMMU core asks the cache of addresses first.
    counts.plainCalls = counts.iovaCached + counts.iovaTree;
    counts.poolCalls = calls - counts.plainCalls;
    return counts;
  }
}
