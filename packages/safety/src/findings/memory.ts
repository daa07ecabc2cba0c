// SPDX-License-Identifier: GPL-2.0-only
// Findings 63 to 65 and 77: memory, addresses, and unmaps that fail.

import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  type page,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, runs, yesNo } from './kit';

function allMemory(t: Trial): void {
  const m = t.machine({
    numSlots: 512,
    classSizes: 1,
    machine: { memory: { nodes: [{ lowmem_pages: 256 }] } },
  });
  const dev = new_device();
  m.plug(dev);
  const p = m.page(0x11);
  const { page_alloc, timers } = m.k;
  const free = page_alloc.free_pages();
  t.see('free pages before the burst', free);
  const all = Array.from({ length: free }, () => m.map(dev, p, 0, 100, DMA_FROM_DEVICE));
  for (const at of all) m.unmap(dev, at, 100, DMA_FROM_DEVICE);
  let passed = 0;
  for (const ms of [0, 9_999, 20_000]) {
    timers.advance(ms - passed);
    passed = ms;
    const left = page_alloc.free_pages();
    t.see(`free pages ${String(ms)} ms after it, nothing mapped`, left);
    const got: page | null = page_alloc.alloc_pages(GFP_KERNEL, 0);
    if (got) page_alloc.__free_page(got);
    t.see(`a page can be allocated, ${String(ms)} ms after it`, yesNo(got !== null), got === null);
  }
}

/** What 32 bits of addresses have room for, with the series' classes: one of 128 KiB takes 1.5 GiB of them, aligned to 2 GiB. */
const MOST_SLOTS = 12_287;
/** What a kcalloc of 4 MiB holds, at 40 bytes each. */
const MOST_IN_KCALLOC = 104_857;

function manySlots(t: Trial): void {
  for (const [numSlots, classSizes] of [
    [MOST_SLOTS, undefined],
    [MOST_SLOTS + 1, undefined],
    [MOST_IN_KCALLOC, 1],
    [MOST_IN_KCALLOC + 1, 1],
  ] as const) {
    const m = t.machine({ numSlots, ...(classSizes === undefined ? {} : { classSizes }) });
    const dev = new_device();
    const domain = m.plug(dev);
    const what = `${String(numSlots)} slots${classSizes === undefined ? '' : ' of single pages'}`;
    t.see(`${what}: a pool`, yesNo(m.poolOf(domain) !== null));
    t.see(`${what}: translated DMA ops`, yesNo(dev.dma_ops !== null), dev.dma_ops === null);
    const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
    const seen = m.read(dev, at, 100);
    t.see(`${what}: the device reads its mapping`, runs(seen), seen === null);
  }
}

function largePages(t: Trial): void {
  for (const [kib, numSlots] of [
    [16, 1024],
    [64, 767],
    [64, 768],
    [64, 1024],
  ] as const) {
    const m = t.machine({ numSlots, largerBuffers: kib / 4 });
    const dev = new_device();
    const domain = m.plug(dev);
    const what = `${String(numSlots)} slots of ${String(kib)} KiB and more`;
    t.see(`${what}: a pool`, yesNo(m.poolOf(domain) !== null));
    t.see(`${what}: translated DMA ops`, yesNo(dev.dma_ops !== null), dev.dma_ops === null);
    const seen = m.read(dev, m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE), 100);
    t.see(`${what}: the device reads its mapping`, runs(seen), seen === null);
  }
}

function addressGivenAway(t: Trial): void {
  // Larger than a bounce buffer: the pool has no part in it.
  const m = t.machine({ classSizes: 1 });
  const dev = new_device();
  m.plug(dev);
  const size = 4 * 4096;
  const at = m.map(dev, m.page(0x11, 2), 0, size, DMA_BIDIRECTIONAL);
  t.see('address of the first mapping', hex(at));
  m.k.faults.fail('iommu_unmap', 1);
  m.unmap(dev, at, size, DMA_BIDIRECTIONAL);
  m.k.faults.fail('iommu_unmap', 0);
  t.see('warnings at its unmap, which fails', m.k.log.warnings);
  t.see('the device reads there', runs(m.read(dev, at, size)));
  const next = m.map(dev, m.page(0x22, 2), 0, size, DMA_BIDIRECTIONAL);
  const isRefused = next === DMA_MAPPING_ERROR;
  t.see('address of the next mapping', isRefused ? 'refused' : hex(next), isRefused);
  if (isRefused) return;
  const seen = m.read(dev, next, size);
  t.see('the device reads the next mapping', runs(seen), seen?.includes(0x11) ?? true);
}

export const MEMORY: readonly Finding[] = [
  {
    id: 63,
    title: 'Cached buffers can hold all free memory for ten seconds',
    severity: 'loss of service',
    cause: 'any load',
    harm: 'after a burst of mappings no allocation succeeds until the eviction worker has seen each buffer twice',
    where: ['__io_buffer_pool_evict'],
    later:
      'not mended in v2: 6/9 has no shrinker either; its author (reply of 9 July 2021) expects that one would not change things materially',
    fix: 'leave-free',
    steps: [
      'A machine with 256 pages and 512 slots maps as many pages as are free, and unmaps them.',
      'A page is allocated at once, and later.',
    ],
    show: allMemory,
  },
  {
    id: 64,
    title: 'More than 12,287 slots cost the device its translation',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'with a larger number on the command line, and the classes as they are, no device of the machine can do DMA',
    where: ['io_buffer_class_init'],
    later:
      'mended in v2, by reading: 6/9 takes at most half of the addresses, and has as many slots as fit (77); it allocates a pool’s slots when the first is needed, and does without where this fails',
    fix: 'pool-optional',
    steps: [
      'Pools of the series’ three classes are made with 12,287 slots, and with one more.',
      'Pools of single pages are made with 104,857 slots, 4 MiB of them, and with one more.',
      'A page is mapped, and the device reads it.',
    ],
    show: manySlots,
  },
  {
    id: 65,
    title: 'An unmap that fails gives its address away',
    severity: 'disclosure',
    cause: 'failure',
    harm: 'the device reaches the old page on, and the next mapping of the address is refused, or leads there',
    where: ['__iommu_dma_unmap'],
    later:
      'not mended in v7.0 or later, by reading: __iommu_dma_unmap and __iommu_dma_iova_unlink free the address too',
    fix: 'keep-address',
    steps: [
      'Four pages of 11 are mapped; the IOMMU fails to unmap them.',
      'Four pages of 22 are mapped, and the device reads them.',
    ],
    show: addressGivenAway,
  },
  {
    id: 77,
    title: 'With pages of 64 KiB the default pool fits nowhere',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'no device of a kernel with pages of 64 KiB can do DMA, unless the command line asks for fewer slots or smaller classes',
    where: ['io_buffer_pool_init', 'io_buffer_class_init'],
    later:
      'mended in v2, by reading: 6/9 takes at most half of the addresses, and has as many slots as fit',
    fix: 'pool-optional',
    steps: [
      'Pools are made whose buffers are as large as with pages of 16 KiB and of 64 KiB.',
      'A page is mapped, and the device reads it.',
    ],
    show: largePages,
  },
];
