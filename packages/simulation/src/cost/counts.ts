// SPDX-License-Identifier: GPL-2.0-only
// What the ported code does for an I/O in the steady state, and for the first use of a bounce buffer: counted, no formula.

import {
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  dma_addr_t,
  type scatterlist,
  sg_array,
  sg_page,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import { CountingMachine } from './counting-machine';
import { type StepCounts, addSteps, noSteps } from './step-counter';
import { NVME_SIMPLE_BYTES, cutBuffers } from './pieces';
import type { IommuKind } from './presets';

/** Who maps: the kernel before the series, flushing at each unmap, or the series' pool. */
export type CountedPolicy = 'strict' | 'pool';

export interface CountSetup {
  readonly policy: CountedPolicy;
  readonly iommu: IommuKind;
  readonly bytes: number;
  /** Blocks of adjacent pages that a buffer comes in, on average: 1 to bytes / PAGE_SIZE. */
  readonly pieces: number;
  readonly direction: 'read' | 'write';
  /** I/Os in flight, each with a buffer of its own. Default 64. */
  readonly iodepth?: number;
}

/** Averages of an I/O. */
export interface IoCounts {
  readonly setup: CountSetup;
  readonly map: StepCounts;
  readonly unmap: StepCounts;
  /** Of one fill, on top of a map that needs none. */
  readonly fill: StepCounts;
  /** Bounce buffers filled until none is any more. */
  readonly fills: number;
}

/** Rounds that are counted, each of `iodepth` maps and as many unmaps. */
const ROUNDS = 4;

interface Buffer {
  readonly list: scatterlist;
  readonly nents: number;
  addr: dma_addr_t;
}

/** Boots a machine, warms it up, counts. Some milliseconds. */
export function countIo(setup: CountSetup): IoCounts {
  const { policy, iommu, bytes, pieces, direction, iodepth = 64 } = setup;
  const blocks = cutBuffers(iodepth, bytes, pieces);
  // Behind each block as much room again, so that no two are adjacent.
  const frames = 2 * iodepth * (bytes / PAGE_SIZE);
  const m = new CountingMachine(iommu, policy === 'pool', frames, iodepth);
  const dir = direction === 'read' ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
  const { dma } = m.k;
  const buffers = place(m, blocks);

  const asPage = (b: Buffer): boolean => b.nents === 1 && bytes <= NVME_SIMPLE_BYTES;

  const mapAll = (): void => {
    for (const b of buffers)
      if (asPage(b)) {
        b.addr = dma.dma_map_page_attrs(m.dev, sg_page(b.list), 0, bytes, dir, 0);
        if (b.addr === DMA_MAPPING_ERROR)
          throw new Error(`dma_map_page of ${String(bytes)} failed`);
      } else if (dma.dma_map_sg_attrs(m.dev, b.list, b.nents, dir, 0) === 0)
        throw new Error(`dma_map_sg of ${String(bytes)} failed`);
  };
  const unmapAll = (): void => {
    for (const b of buffers)
      if (asPage(b)) dma.dma_unmap_page_attrs(m.dev, b.addr, bytes, dir, 0);
      else dma.dma_unmap_sg_attrs(m.dev, b.list, b.nents, dir, 0);
  };

  const empty = m.empty();
  m.reset();
  mapAll();
  const first = m.counts(iodepth);
  const fills = empty - m.empty();
  unmapAll();

  const map = noSteps();
  const unmap = noSteps();
  for (let round = 0; round < ROUNDS; round++) {
    m.reset();
    mapAll();
    addSteps(map, m.counts(iodepth), 1 / (ROUNDS * iodepth));
    m.reset();
    unmapAll();
    addSteps(unmap, m.counts(iodepth), 1 / (ROUNDS * iodepth));
  }
  const fill = noSteps();
  if (fills > 0) {
    addSteps(fill, first, 1 / fills);
    addSteps(fill, map, -iodepth / fills);
  }
  return { setup, map, unmap, fill, fills };
}

/** Gives each block frames that begin at a multiple of its size. */
function place(m: CountingMachine, buffers: readonly (readonly number[])[]): Buffer[] {
  let pfn = m.firstPfn;
  return buffers.map((orders) => {
    const list = sg_array(orders.length);
    orders.forEach((order, i) => {
      const pages = 2 ** order;
      pfn = Math.ceil(pfn / pages) * pages;
      sg_set_page(list[i] as scatterlist, m.k.mm.pfn_to_page(pfn), pages * PAGE_SIZE, 0);
      pfn += pages + 1;
    });
    return { list: list[0] as scatterlist, nents: orders.length, addr: dma_addr_t(0) };
  });
}
