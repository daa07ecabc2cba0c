// SPDX-License-Identifier: GPL-2.0-only
// Findings 1 to 7 and 79: the pool, and what a device sees.

import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  __GFP_HIGHMEM,
  dma_addr_t,
  type dma_handle_out,
  nth_page,
  sg_copy_list,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, runs, yesNo } from './kit';

/** What a page held before it was freed. */
const OLD = 0xaa;
const OWN = 0x11;
const OTHER = 0x22;

function shortTransfer(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(OWN);
  const at = m.map(dev, p, 0, 100, DMA_FROM_DEVICE);
  t.see('the caller’s 100 bytes before', runs(m.bytes(p, 100)));
  m.write(dev, at, new Uint8Array(10).fill(OTHER));
  m.unmap(dev, at, 100, DMA_FROM_DEVICE);
  const after = m.bytes(p, 100);
  t.see(
    'and after the unmap',
    runs(after),
    after.slice(10).some((byte) => byte !== OWN),
  );
}

function slack(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  const domain = m.plug(dev);
  const secret = m.page(OTHER);
  m.unmap(dev, m.map(dev, secret, 0, 4096, DMA_TO_DEVICE), 4096, DMA_TO_DEVICE);
  const at = m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE);
  // Without the pool the rest of the page is the mapping's own page.
  const seen = m.read(dev, at, 4096);
  t.see('bytes 0 to 99, mapped: the device reads', runs(seen?.slice(0, 100) ?? null));
  t.see(
    'bytes 100 to 4095, not mapped: the device reads',
    runs(seen?.slice(100) ?? null),
    seen?.slice(100).includes(OTHER) ?? false,
  );
  t.see(
    'address of the mapping',
    `${hex(at)}, ${m.bounced(domain, at) ? 'a bounce buffer' : 'the page itself'}`,
  );
  // A slot that is filled anew.
  const other = m.map(dev, m.page(OWN), 0, 100, DMA_FROM_DEVICE);
  m.unmap(dev, other, 100, DMA_FROM_DEVICE);
  const fresh = m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE);
  const old = m.read(dev, fresh, 4096)?.slice(100) ?? null;
  t.see(
    'bytes 100 to 4095 of a buffer that was just filled',
    runs(old),
    old?.includes(OLD) ?? false,
  );
}

function staysReadable(t: Trial): void {
  // The unmap falls where the wheel's bucket of 512 ms is just missed.
  const m = t.machine({ machine: { jiffies: 120 } });
  const dev = new_device();
  m.plug(dev);
  const at = m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE);
  t.see('the device reads, while mapped', runs(m.read(dev, at, 100)));
  m.unmap(dev, at, 100, DMA_TO_DEVICE);
  let passed = 0;
  for (const ms of [0, 5120, 10_631, 10_632]) {
    m.k.timers.advance(ms - passed);
    passed = ms;
    const seen = m.read(dev, at, 100);
    t.see(`${String(ms)} ms after the unmap`, runs(seen), seen?.includes(OWN) ?? false);
  }
}

function twoMappings(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(OWN);
  const [a, b] = [
    m.map(dev, p, 0, 100, DMA_BIDIRECTIONAL),
    m.map(dev, p, 0, 100, DMA_BIDIRECTIONAL),
  ];
  t.see('addresses of the two mappings', `${hex(a)}, ${hex(b)}`);
  m.write(dev, a, new Uint8Array(100).fill(OTHER));
  const seen = m.read(dev, b, 100);
  t.see('written through the first', runs(m.read(dev, a, 100)));
  t.see('read through the second', runs(seen), seen?.includes(OWN) ?? false);
}

function allocatedPages(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  const domain = m.plug(dev);
  const handle: dma_handle_out = { value: dma_addr_t(0) };
  const p = m.k.dma.dma_alloc_pages(dev, 4096, handle, DMA_BIDIRECTIONAL, GFP_KERNEL);
  if (!p) return;
  t.see('the pages as the CPU reads them', runs(m.bytes(p, 4096)));
  const seen = m.read(dev, handle.value, 4096);
  t.see('the pages as the device reads them', runs(seen), seen?.includes(OLD) ?? false);
  const isBounced = m.bounced(domain, handle.value);
  t.see('a slot is in use as long as they live', yesNo(isBounced), isBounced);
}

function copyOfList(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(OWN);
  const sgl = m.list([p, 100, 0]);
  m.map_sg(dev, sgl, 1, DMA_FROM_DEVICE);
  m.write(dev, sgl.dma_address, new Uint8Array(100).fill(OTHER));
  m.unmap_sg(dev, sg_copy_list(sgl, 1), 1, DMA_FROM_DEVICE);
  const after = m.bytes(p, 100);
  t.see('the caller’s bytes after the unmap', runs(after), after.includes(OWN));
  t.see('warnings', m.k.log.warnings);
}

function highmem(t: Trial): void {
  const m = t.machine({
    machine: { memory: { nodes: [{ lowmem_pages: 64, highmem_pages: 64 }] } },
  });
  const dev = new_device();
  m.plug(dev);
  const p = m.buffer(0, GFP_KERNEL & ~__GFP_HIGHMEM);
  m.bytes(p, 4096).fill(OWN);
  const at = m.map(dev, p, 0, 4096, DMA_BIDIRECTIONAL);
  const sent = m.read(dev, at, 4096);
  t.see('the device reads', runs(sent), sent?.includes(OWN) === false);
  m.write(dev, at, new Uint8Array(4096).fill(OTHER));
  m.unmap(dev, at, 4096, DMA_BIDIRECTIONAL);
  const got = m.bytes(p, 4096);
  t.see('after it wrote 22, the caller reads', runs(got), got.includes(OWN));
}

function endOfLowmem(t: Trial): void {
  // No other highmem, so that pages of buffers are lowmem.
  const memory = { nodes: [{ lowmem_pages: 256 }], reserved_highmem_pages: 16 };
  const m = t.machine({ machine: { memory } });
  const dev = new_device();
  m.plug(dev);
  const last = m.k.mm.max_pfn - 17;
  let first = m.page(OWN);
  while (first.pfn !== last) first = m.page(OWN);
  m.bytes(first, 8192).fill(OWN);
  const kind = (n: number): string => (nth_page(first, n).highmem ? 'highmem' : 'lowmem');
  t.see('the pages of the entry', `${kind(0)}, ${kind(1)}`);
  const sgl = m.list([first, 8192, 0]);
  const died = t.dies('it is mapped', () => {
    m.map_sg(dev, sgl, 1, DMA_BIDIRECTIONAL);
  });
  if (died) return;
  const sent = m.read(dev, sgl.dma_address, 8192);
  t.see('the device reads', runs(sent), sent?.every((byte) => byte === OWN) !== true);
  m.write(dev, sgl.dma_address, new Uint8Array(8192).fill(OTHER));
  m.unmap_sg(dev, sgl, 1, DMA_BIDIRECTIONAL);
  const got = m.bytes(first, 8192);
  t.see('after it wrote 22, the caller reads', runs(got), got.includes(OWN));
}

export const POOL: readonly Finding[] = [
  {
    id: 1,
    title: 'A short transfer overwrites the rest of the buffer',
    severity: 'corruption',
    cause: 'any load',
    harm: 'a device that writes less than it was asked for gives the caller old kernel memory, or another transfer’s data, in place of his own bytes',
    where: ['io_buffer_pool_do_sync', 'iommu_dma_unmap_page'],
    later:
      'not mended in v2: 3/9 copies nothing when it maps for the device to write, and copies all back, of a new buffer old kernel memory since 5/9',
    fix: 'copy-in',
    steps: [
      'A page of 11 is mapped for the device to write 100 bytes.',
      'The device writes 10 bytes of 22.',
      'The page is unmapped. Bytes 10 to 99 were nobody’s to change.',
    ],
    show: shortTransfer,
  },
  {
    id: 2,
    title: 'The slack of a slot is readable by the device',
    severity: 'disclosure',
    cause: 'malicious device',
    harm: 'a device reads old kernel memory and the data of earlier mappings behind each mapping that does not fill its class',
    where: ['io_buffer_pool_fill_slot', 'io_buffer_pool_map_buffer'],
    later:
      'partly mended in v2: 3/9 zeroes new pages, 5/9 in their place clears what is unused of a new buffer, since 7/9 for untrusted devices only; a reused buffer shows earlier data. By reading, 5/9 passes 0 as the size to arch_sync_dma_for_device',
    fix: 'zero-slack',
    steps: [
      'A page of 22 is mapped whole for the device to read, and unmapped.',
      '100 bytes of 11 are mapped for the device to read: the same buffer.',
      'The device reads on behind them. A fresh page of the allocator holds aa.',
    ],
    show: slack,
  },
  {
    id: 3,
    title: 'Data stays readable for 5 to 10.6 seconds after the unmap',
    severity: 'disclosure',
    cause: 'malicious device',
    harm: 'a device reads what was sent through a buffer until the eviction worker has seen it twice',
    where: ['__io_buffer_pool_evict', 'calc_index'],
    later: 'not mended in v2: 6/9 keeps the period of 5 s and two rounds',
    fix: 'scrub',
    steps: [
      '100 bytes of 11 are mapped for the device to read, and unmapped.',
      'The device goes on reading the same address.',
    ],
    show: staysReadable,
  },
  {
    id: 4,
    title: 'Two mappings of one page no longer see each other',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a driver that maps a page twice and syncs neither mapping between has two copies of it, as with swiotlb=force',
    where: ['io_buffer_pool_map_buffer'],
    later:
      'v2 8/9 adds DMA_ATTR_PERSISTENT_STREAMING, with which a driver is not bounced; others see it as before',
    fix: null,
    design:
      'one buffer for each page that is mapped: slots that are shared and counted, and found by page. An overlay cannot: a buffer is mapped with the permission of its first mapping, at an offset in it, and a later mapping of the page may need another one, or be part of a list. Or a flag of the driver that says that it shares, as v2 has it: then drivers change',
    steps: [
      'A page of 11 is mapped twice, both ways.',
      'The device writes 22 through the first mapping and reads the second.',
    ],
    show: twoMappings,
  },
  {
    id: 5,
    title: 'dma_alloc_pages memory is bounced for life',
    severity: 'disclosure',
    cause: 'any load',
    harm: 'a device reads old kernel memory in place of zeroed pages, and a driver that never syncs never sees what the device writes',
    where: ['dma_common_alloc_pages', 'iommu_dma_map_page'],
    later:
      'partly mended in v2: 3/9 zeroes pages of new buffers, 5/9 in their place clears a new buffer, since 7/9 for untrusted devices only; others read old memory as before. Such pages are still bounced up to always_bounce_limit (7/9)',
    fix: 'plain-pages',
    steps: [
      'A driver allocates a page with dma_alloc_pages, for both ways.',
      'The device reads it.',
    ],
    show: allocatedPages,
  },
  {
    id: 6,
    title: 'A list is identified by its address',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'a driver that unmaps or syncs a copy of a list loses what the device wrote, without a word',
    where: ['io_buffer_pool_sync_sg'],
    later:
      'partly mended in v2: since 4/9 an unmap takes the list from its buffer, not from the caller, who must not have freed it; a sync of a copy still does nothing (3/9, io_bounce_buffers_sync_sg)',
    fix: 'same-list',
    steps: [
      'A list over a page of 11 is mapped, and the device writes 100 bytes of 22.',
      'A copy of the list is unmapped.',
    ],
    show: copyOfList,
  },
  {
    id: 7,
    title: 'Highmem bounce pages are copied to the wrong place',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'on a 32-bit kernel with highmem, once it builds (73, 82), transfers go to memory that the device never sees, and back from it',
    where: ['io_buffer_pool_do_sync'],
    later: 'mended in v2: 3/9 maps bounce pages with kmap_local_page, and takes lowmem first',
    fix: 'kmap-bounce',
    steps: [
      'The machine has highmem, from which pages of buffers are taken first.',
      'A page of 11 is mapped both ways; the device reads it, writes 22, and it is unmapped.',
    ],
    show: highmem,
  },
  {
    id: 79,
    title: 'Only the first page of an entry is asked whether it is highmem',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'on a 32-bit kernel with highmem, once it builds (73, 82), the copy of a list entry that begins in the last pages of lowmem goes on behind the linear map, where nothing is mapped',
    where: ['io_buffer_pool_do_sync'],
    later: 'not mended in v2: 3/9 asks the first page only, too; so does swiotlb_bounce of v5.14',
    fix: 'kmap-each',
    steps: [
      'An entry of a list has the last page of lowmem and the first of highmem, both of 11. It is mapped both ways.',
      'The device writes 22 to both, and the list is unmapped.',
    ],
    show: endOfLowmem,
  },
];
