// SPDX-License-Identifier: GPL-2.0-only
// Findings 70 to 72 and 76: entries behind a list, offsets in a page, drivers that sync themselves, mappings of no bytes. And
// 74: who frees the table first.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  deref,
  sg_next,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, runs, yesNo } from './kit';

const OWN = 0x11;
const OTHER = 0x22;

function behindTheList(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const second = m.page(OWN);
  const table = m.list([m.page(OWN), 4096, 0], [second, 4096, 0]);
  const entry = deref(sg_next(table));
  m.map_sg(dev, entry, 1, DMA_FROM_DEVICE);
  m.map_sg(dev, table, 1, DMA_FROM_DEVICE);
  const at = entry.dma_address;
  const isLost = at === DMA_MAPPING_ERROR;
  t.see('address of entry 1 for the device', isLost ? 'DMA_MAPPING_ERROR' : hex(at), isLost);
  const wrote = m.write(dev, at, new Uint8Array(4096).fill(OTHER));
  t.see('what the device writes there', wrote ? 'arrives' : 'faults', !wrote);
  m.unmap_sg(dev, entry, 1, DMA_FROM_DEVICE);
  const got = m.bytes(second, 4096);
  t.see('the second page after its unmap', runs(got), !got.every((byte) => byte === OTHER));
  t.see('warnings', m.k.log.warnings, m.k.log.warnings > 0);
}

/** What a driver gets of a fragment of 32 KiB, a packet each: SKB_FRAG_PAGE_ORDER and the payload of a packet. */
const FRAGMENT_ORDER = 3;
const PACKET = 1448;

function offsetCounts(t: Trial): void {
  const m = t.machine({
    numSlots: 64,
    machine: { memory: { nodes: [{ lowmem_pages: 1024 }] } },
  });
  const dev = new_device();
  const domain = m.plug(dev);
  const fragment = m.page(OWN, FRAGMENT_ORDER);
  const packets = Math.floor((4096 << FRAGMENT_ORDER) / PACKET);
  const before = m.k.usage().pages;
  for (let i = 0; i < packets; i++) m.map(dev, fragment, i * PACKET, PACKET, DMA_TO_DEVICE);
  const pages = m.k.usage().pages - before;
  t.see('packets of 1,448 bytes, of one fragment of 32 KiB', packets);
  // One page each, or the 16 KiB class where one lies in two pages.
  t.see('pages of buffers that they take', pages, pages > 4 * packets);
  const huge = m.page(OWN, 6);
  const at = m.map(dev, huge, 130 * 1024, 1024, DMA_TO_DEVICE);
  const isBounced = m.bounced(domain, at);
  t.see(
    '1 KiB at 130 KiB of a larger page is bounced',
    yesNo(isBounced),
    t.setting.pool && !isBounced,
  );
  const seen = m.read(dev, at, 1024);
  t.see('the device reads it', runs(seen), seen?.every((byte) => byte === OWN) !== true);
}

function skippedSync(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const other = m.map(dev, m.page(OTHER), 0, 4096, DMA_BIDIRECTIONAL);
  m.unmap(dev, other, 4096, DMA_BIDIRECTIONAL);
  const p = m.page(OWN);
  const at = m.map(dev, p, 0, 4096, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
  const seen = m.read(dev, at, 4096);
  t.see('the device reads', runs(seen), seen?.includes(OTHER) ?? false);
  m.k.dma.dma_sync_single_for_device(dev, at, 1024, DMA_BIDIRECTIONAL);
  const after = m.read(dev, at, 4096);
  t.see('after a sync of 1,024 bytes', runs(after), after?.includes(OTHER) ?? false);
  const sgl = m.list([m.page(OWN), 4096, 0]);
  m.unmap(dev, at, 4096, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
  m.map_sg(dev, sgl, 1, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
  const list = m.read(dev, sgl.dma_address, 4096);
  t.see('a list, mapped by such a driver', runs(list), list?.includes(OTHER) ?? false);
}

function freedTable(t: Trial): void {
  const m = t.machine();
  const { driver } = m;
  const dev = new_device();
  m.plug(dev);
  m.unmap(dev, m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE), 100, DMA_TO_DEVICE);
  let isFreed = false;
  let walks = 0;
  const [free, unmap] = [driver.domain_free.bind(driver), driver.unmap.bind(driver)];
  driver.domain_free = (domain) => {
    isFreed = true; // what those drivers do first
    free(domain);
  };
  driver.unmap = (...args) => {
    if (isFreed) walks++;
    return unmap(...args);
  };
  m.unplug(dev);
  t.see('the table is freed', yesNo(isFreed));
  t.see('unmaps after that', walks, walks > 0);
}

function noBytesAtTheEnd(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1 });
  const dev = new_device();
  m.plug(dev);
  const empty = m.map(dev, m.page(OWN, 1), 4096, 0, DMA_TO_DEVICE);
  t.see('address of no bytes, behind the first of two pages', hex(empty));
  const second = m.page(OWN);
  const at = m.map(dev, second, 0, 100, DMA_BIDIRECTIONAL);
  t.see('address of a second mapping', hex(at), at === empty);
  m.unmap(dev, empty, 0, DMA_TO_DEVICE);
  const third = m.map(dev, m.page(OTHER), 0, 100, DMA_BIDIRECTIONAL);
  t.see('the first is unmapped; address of a third mapping', hex(third), third === at);
  const seen = m.read(dev, at, 100);
  t.see('the device reads the second mapping', runs(seen), seen?.every((b) => b === OWN) !== true);
  m.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
  const got = m.bytes(second, 100);
  t.see('its page after its unmap', runs(got), !got.every((byte) => byte === OWN));
}

export const TABLES_AND_OFFSETS: readonly Finding[] = [
  {
    id: 70,
    title: 'A list’s mapping writes into the entry behind it',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a driver that maps entries of one table in separate calls loses the address of an entry that is mapped: the device gets DMA_MAPPING_ERROR, and its data is lost',
    where: ['io_buffer_pool_map_sg'],
    later: 'not mended in v2: 3/9 looks whether there is a further entry, not whose it is',
    fix: 'own-entries',
    steps: [
      'Entry 1 of a table is mapped for the device to write, then entry 0 alone.',
      'The device writes where entry 1 says, and entry 1 is unmapped.',
    ],
    show: behindTheList,
  },
  {
    id: 71,
    title: 'The offset in the page counts as size',
    severity: 'cost',
    cause: 'any load',
    harm: 'a small mapping far into a large page takes a large buffer or none: packets of one fragment take twelve times the pages that they need',
    where: ['io_buffer_pool_map_page', 'io_buffer_pool_map_buffer'],
    later: 'not mended in v2, by reading: 3/9 asks for a buffer of offset + size bytes too',
    fix: 'page-offset',
    steps: [
      'A network driver maps 22 packets of one fragment of eight pages.',
      'Another maps 1 KiB, 130 KiB into a page of 256 KiB.',
    ],
    show: offsetCounts,
  },
  {
    id: 72,
    title: 'A mapping that its driver syncs shows earlier data',
    severity: 'disclosure',
    cause: 'malicious device',
    harm: 'a device reads old kernel memory or another transfer’s data inside of a mapping with DMA_ATTR_SKIP_CPU_SYNC, and around each part that its driver syncs',
    where: ['io_buffer_pool_map_buffer'],
    later:
      'partly mended in v2: 5/9 clears a new buffer whose sync is skipped, since 7/9 for untrusted devices only; a reused buffer shows earlier data',
    fix: 'zero-skipped',
    steps: [
      'A page of 22 is mapped both ways, and unmapped.',
      'A page of 11 is mapped by a driver that syncs itself; it syncs the first 1,024 bytes. The device reads before and after.',
    ],
    show: skippedSync,
  },
  {
    id: 74,
    title: 'Idle buffers are unmapped in a page table that is freed',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'a domain of rockchip-iommu or sun50i-iommu that goes while the pool has idle buffers follows a freed table, or NULL: as when root writes another type for a device whose driver has just been unbound',
    where: ['iommu_put_dma_cookie'],
    later:
      'not mended in v2, by reading: it frees its buffers in iommu_put_dma_cookie too; mended in v5.15 by 46983fcd67ac, "iommu: Pull IOVA cookie management into the core"',
    fix: 'cookie-first',
    steps: [
      'A page is mapped and unmapped; its buffer is cached.',
      'The domain goes, here since its device is unplugged. The driver frees the table, and then calls iommu_put_dma_cookie.',
    ],
    show: freedTable,
  },
  {
    id: 76,
    title: 'A page mapping of no bytes can have the address of another slot',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'a driver that maps no bytes at the end of a page gets the address of another slot, and its unmap gives that slot away while it is mapped, where without the pool there is a warning',
    where: ['io_buffer_pool_map_page'],
    later:
      'not mended in v2, by reading: 3/9 adds the offset too, and 7/9 bounces a mapping of no bytes',
    fix: 'empty-page',
    steps: [
      'No bytes are mapped behind the first of two pages, then 100 bytes of a page of 11.',
      'The first mapping is unmapped, and 100 bytes of a page of 22 are mapped.',
      'The device reads the second mapping, which is then unmapped.',
    ],
    show: noBytesAtTheEnd,
  },
];
