// SPDX-License-Identifier: GPL-2.0-only
// A driver that maps a list of two pieces of a page, and maps the same list again.

import {
  DMA_TO_DEVICE,
  PAGE_SIZE,
  deref,
  type scatterlist,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import type { Executor } from '../executor';
import type { Body } from '../program';
import type { PoolMachine } from './machine';

/** Bytes of each piece, and how far apart they lie in the page. */
const LENGTH = 8;
const APART = 64;
const PIECES = 2;

/**
 * @param i number of the thread, and of its page
 * @param times how often the list is mapped; its entries keep the addresses that they had
 */
export function* mapList(rt: Executor, machine: PoolMachine, i: number, times: number): Body {
  const { dma, dev, k, kernel } = machine;
  const p = deref(machine.buffers[i]);
  const list = sg_array(PIECES);
  const first = list[0] as scatterlist;
  list.forEach((sg, n) => {
    sg_set_page(sg, p, LENGTH, n * APART);
  });
  for (let turn = 0; turn < times; turn++) {
    const own = Uint8Array.from({ length: PIECES * LENGTH }, (_, n) => 0x10 * (i + 1) + turn + n);
    list.forEach((_, n) => {
      const start = p.pfn * PAGE_SIZE + n * APART;
      k.mm.ram.set(own.subarray(n * LENGTH, (n + 1) * LENGTH), start);
    });
    const count = yield* dma.iommu_dma_map_sg(dev, first, PIECES, DMA_TO_DEVICE, 0);
    if (count === 0) {
      rt.fail('no-mapping', `${String(i)}: the map of the list failed`);
      return;
    }
    let at = 0;
    for (const { dma_address, dma_length } of list.slice(0, count)) {
      if (kernel.device(dma_address)) yield;
      if (!machine.access.readsBytes(dma_address, own.subarray(at, at + dma_length)))
        rt.fail('wrong-data', `CPU ${String(i)}: the device does not read what is in the list`);
      at += dma_length;
    }
    if (at !== own.length)
      rt.fail('wrong-data', `CPU ${String(i)}: the device reads ${String(at)} bytes of the list`);
    yield* dma.iommu_dma_unmap_sg(dev, first, PIECES, DMA_TO_DEVICE, 0);
  }
}
