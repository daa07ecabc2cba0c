// SPDX-License-Identifier: GPL-2.0-only
// Findings 37 to 41: memory and mappings of dma-iommu.c, beside the pool.

import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  MAX_ORDER,
  NULL_ptr,
  PAGE_SIZE,
  dma_addr_t,
  type dma_handle_out,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, runs } from './kit';

function lostHandle(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  let before = 0;
  for (let times = 0; times <= 3; times++) {
    const sh = m.k.dma.dma_alloc_noncontiguous(dev, PAGE_SIZE, DMA_BIDIRECTIONAL, GFP_KERNEL, 0);
    if (sh) m.k.dma.dma_free_noncontiguous(dev, PAGE_SIZE, sh, DMA_BIDIRECTIONAL);
    const { allocations } = m.k.usage();
    // The first time, the address goes into the range cache and stays allocated.
    if (times === 0) before = allocations;
    else {
      const kept = allocations - before;
      t.see(`objects kept after ${String(times)} more`, kept, kept > 0);
    }
  }
}

function lostChunk(t: Trial): void {
  const m = t.machine({ machine: { memory: { nodes: [{ lowmem_pages: 1024 }] } } });
  const dev = new_device();
  m.plug(dev);
  // 300 pages, no two of them neighbours: a table of three chunks.
  const holes = Array.from({ length: 600 }, () => m.buffer());
  m.free(holes.filter((_, i) => i % 2 === 0));
  const before = m.k.usage().pages;
  const handle: dma_handle_out = { value: dma_addr_t(0) };
  m.k.faults.fail('page_alloc', 1, 301); // behind the pages and the first chunk
  const cpu = m.k.dma.dma_alloc_attrs(
    dev,
    300 * PAGE_SIZE,
    handle,
    GFP_KERNEL,
    DMA_ATTR_ALLOC_SINGLE_PAGES,
  );
  t.see('300 pages are', cpu === NULL_ptr ? 'refused' : 'allocated');
  const kept = m.k.usage().pages - before;
  t.see('pages kept by the refused allocation', kept, cpu === NULL_ptr && kept > 0);
}

function orderEleven(t: Trial): void {
  const size = PAGE_SIZE << MAX_ORDER;
  const m = t.machine({
    machine: { memory: { nodes: [{ lowmem_pages: 8192 }], bytes: false } },
    driver: { pgsize_bitmap: PAGE_SIZE + size },
  });
  const dev = new_device();
  m.plug(dev);
  const asked: number[] = [];
  const { page_alloc } = m.k;
  const alloc = page_alloc.alloc_pages_node.bind(page_alloc);
  page_alloc.alloc_pages_node = (nid, gfp, order) => {
    asked.push(order);
    return alloc(nid, gfp, order);
  };
  m.k.dma.dma_alloc_attrs(dev, size, { value: dma_addr_t(0) }, GFP_KERNEL, 0);
  t.see('highest order that there is', MAX_ORDER - 1);
  const [first = 0, second = 0] = asked;
  t.see('first order asked for', first, first >= MAX_ORDER);
  t.see('then', second);
}

function emptyEntry(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  const { table } = m.plug(dev);
  const len = PAGE_SIZE << 6; // more than the largest class
  const sgl = m.list([m.page(0x11, 6), len, 0], [m.page(0x22), 0, 0]);
  t.see('device segments', m.map_sg(dev, sgl, 2, DMA_TO_DEVICE));
  t.see('bytes of the first', sgl.dma_length);
  const pages = table.mapped_pages;
  t.see('pages that the IOMMU maps', pages, pages === 0);
  const seen = m.read(dev, sgl.dma_address, 100);
  t.see('the device reads', runs(seen), seen === null);
  const { warnings } = m.k.log;
  m.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
  const more = m.k.log.warnings - warnings;
  t.see('warnings at the unmap', more, more > 0);
  emptyBetween(t);
}

function emptyBetween(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  const { table } = m.plug(dev);
  const len = PAGE_SIZE << 6;
  const sgl = m.list([m.page(0x11, 6), len, 0], [m.page(0x22), 0, 0], [m.page(0x33), 512, 0]);
  t.see('one between others: device segments', m.map_sg(dev, sgl, 3, DMA_TO_DEVICE));
  const pages = table.mapped_pages;
  t.see('one between others: pages mapped', pages, pages !== 65);
  const seen = m.read(dev, sgl.dma_address + len, 100);
  t.see('the device reads the entry behind', runs(seen), seen?.[0] !== 0x33);
}

function noBytes(t: Trial): void {
  const m = t.machine({ classSizes: 0, driver: { aperture: [0x1000, 0x1fff] } });
  const dev = new_device();
  const { table } = m.plug(dev);
  const p = m.page(0x11);
  const at = m.map(dev, p, 0, 0, DMA_TO_DEVICE);
  const isRefused = at === DMA_MAPPING_ERROR;
  t.see('address of 0 bytes', isRefused ? 'refused' : hex(at), !isRefused);
  t.see('pages that the IOMMU maps', table.mapped_pages);
  if (!isRefused) m.unmap(dev, at, 0, DMA_TO_DEVICE);
  t.see('warnings at the unmap', m.k.log.warnings, m.k.log.warnings > 0);
  const next = m.map(dev, p, 0, PAGE_SIZE, DMA_TO_DEVICE);
  const isLost = next === DMA_MAPPING_ERROR;
  t.see('the domain’s only page is mapped then', isLost ? 'refused' : hex(next), isLost);
}

export const AROUND: readonly Finding[] = [
  {
    id: 37,
    title: 'The handle of non-contiguous memory is never freed',
    severity: 'leak',
    cause: 'any load',
    harm: 'each buffer of non-contiguous memory, such as a camera’s, leaves a handle behind',
    where: ['iommu_dma_free_noncontiguous'],
    later:
      'mended in a later kernel: 0fbea6805401, “iommu/dma: Fix leak in non-contiguous API” (v5.14-rc6), frees it in iommu_dma_free_noncontiguous',
    fix: 'free-handle',
    steps: ['A page of non-contiguous memory is allocated and freed, four times.'],
    show: lostHandle,
  },
  {
    id: 38,
    title: 'The first chunk of a chained table is lost',
    severity: 'leak',
    cause: 'failure',
    harm: 'each large allocation that fails at the right moment costs a page; the pool’s tables, of 128 entries at most, have one chunk and lose none',
    where: ['__iommu_dma_alloc_noncontiguous', 'io_buffer_pool_fill_slot'],
    later:
      'mended in v5.15, by reading: sg_alloc_table_from_pages_segment frees with sg_free_append_table what it built',
    fix: 'free-table',
    steps: [
      '300 pages are allocated, no two of them neighbours: their table has three chunks.',
      'The second chunk cannot be allocated.',
    ],
    show: lostChunk,
  },
  {
    id: 39,
    title: 'Order 11 is requested',
    severity: 'cost',
    cause: 'unusual set-up',
    harm: 'an IOMMU with pages of 8 MiB makes large allocations ask once in vain',
    where: ['__iommu_dma_alloc_pages'],
    later:
      'mended in v6.4 by 61883d3c3241, “iommu: fix MAX_ORDER usage in __iommu_dma_alloc_pages()”',
    fix: 'top-order',
    steps: ['The IOMMU has pages of 4 KiB and 8 MiB. A driver allocates 8 MiB.'],
    show: orderEleven,
  },
  {
    id: 40,
    title: 'An empty list entry after a full one leaves the list without translation',
    severity: 'loss of service',
    cause: 'driver misuse',
    harm: 'a driver whose list ends with an empty entry is told that it is mapped, and the device faults',
    where: ['iommu_dma_map_sg', '__iommu_map_sg'],
    later:
      'not mended in v7.0 or later, by reading: iommu_dma_map_sg has the same condition, and iommu_map_sg the same loop',
    fix: 'trim-list',
    steps: [
      'A list of 256 KiB and an empty entry is mapped; it is too large for the pool.',
      'The device reads it, and it is unmapped.',
      'On another machine, the empty entry stands between those 256 KiB and 512 bytes more.',
    ],
    show: emptyEntry,
  },
  {
    id: 41,
    title: 'A mapping of 0 bytes succeeds without a translation',
    severity: 'leak',
    cause: 'driver misuse',
    harm: 'each mapping of no bytes costs an address for the life of the domain',
    where: ['__iommu_dma_map'],
    later:
      'not mended in v7.0, by reading: neither __iommu_dma_map nor iommu_map asks for a size; later, where a driver has the generic page table, make_range_ul refuses a map of no bytes (iommu_map_nosync of 7978156e29b9, 2026)',
    fix: 'refuse-empty',
    steps: [
      'The domain has one page of addresses, and its pool no class.',
      '0 bytes are mapped and unmapped, then a page is mapped.',
    ],
    show: noBytes,
  },
];
