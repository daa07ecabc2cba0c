// SPDX-License-Identifier: GPL-2.0-only
// Prints what a pair of map and unmap leaves for the collector, in bytes: with the pool, and without. In a process of its own:
// where other machines ran before, V8 knows more kinds of values, and boxes a number.

import { DMA_FROM_DEVICE } from '@iommu-bounce/linux-shim';
import { garbageBytes } from '../../src/bench/garbage';
import { benchMachine } from '../../src/bench/machines';

function garbage(pool: boolean): number {
  const { k, dev, buffer } = benchMachine({ pool });
  const loop = (n: number): void => {
    for (let i = 0; i < n; i++) {
      const addr = k.dma.dma_map_page_attrs(dev, buffer, 0, 4096, DMA_FROM_DEVICE, 0);
      k.dma.dma_unmap_page_attrs(dev, addr, 4096, DMA_FROM_DEVICE, 0);
    }
  };
  loop(200_000);
  return garbageBytes(loop, 200_000);
}

console.log(JSON.stringify({ hit: garbage(true), plain: garbage(false) }));
