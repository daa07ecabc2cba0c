// SPDX-License-Identifier: GPL-2.0-only
// Findings 8 to 13: untrusted devices.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  type device,
  sg_copy_list,
  sg_next,
} from '@iommu-bounce/linux-shim';
import { IOMMU_READ, IOMMU_WRITE } from '@iommu-bounce/iommu-core';
import type { table_domain } from '@iommu-bounce/iommu-core';
import { new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Machine, type Trial, hex, lists, runs } from './kit';

interface Untrusted {
  readonly m: Machine;
  readonly dev: device;
  readonly domain: table_domain;
}

function untrusted(t: Trial, numSlots: number): Untrusted {
  const m = t.machine({ numSlots, classSizes: 1, machine: { swiotlb_slabs: 128 } });
  const dev = new_pci_dev({ untrusted: true });
  return { m, dev, domain: m.plug(dev) };
}

function reusedAddress(t: Trial): void {
  const { m, dev } = untrusted(t, 1);
  const sgl = m.list([m.page(0x11), 100, 0]);
  m.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
  t.see('address of the list', hex(sgl.dma_address));
  m.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
  const p = m.page(0x22);
  t.dies('map of a page after the unmap', () => {
    t.see('address of a page mapped after its unmap', hex(m.map(dev, p, 0, 4096, DMA_TO_DEVICE)));
  });
  const other = untrusted(t, 2);
  const list = other.m.list([other.m.page(0x11), 100, 0]);
  other.m.map_sg(other.dev, list, 1, DMA_FROM_DEVICE);
  t.dies('unmap of a copy of another list', () => {
    other.m.unmap_sg(other.dev, sg_copy_list(list, 1), 1, DMA_FROM_DEVICE);
  });
}

function mappedForever(t: Trial): void {
  const { m, dev } = untrusted(t, 1);
  const sgl = m.list([m.page(0x11), 100, 0]);
  m.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
  const slot = sgl.dma_address;
  m.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
  const p = m.page(0x22);
  const at = m.map(dev, p, 0, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
  t.see('address of the list, then of the page', `${hex(slot)}, ${hex(at)}`);
  m.unmap(dev, at, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
  m.bytes(p, 4096).fill(0x33);
  const seen = m.read(dev, at, 4096);
  t.see('the device reads there after the unmap', runs(seen), seen?.includes(0x33) ?? false);
  m.k.timers.advance(4000);
  const q = m.page(0x44);
  const next = m.map(dev, q, 0, 100, DMA_TO_DEVICE);
  const own = m.read(dev, next, 100);
  t.see('a page of 44 is mapped; the device reads', runs(own), own?.includes(0x33) ?? false);
}

function staleEntry(t: Trial): void {
  const { m, dev, domain } = untrusted(t, 1);
  const busy = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE); // takes the only slot
  const p = m.page(0x11);
  const sgl = m.list([p, 1024, 0], [p, 1024, 0], [p, 1024, 0]);
  const third = sg_next(sg_next(sgl) ?? sgl) ?? sgl;
  m.map_sg(dev, sgl, 3, DMA_TO_DEVICE);
  const stale = third.dma_address;
  t.see('third entry, mapped for the first time', hex(stale));
  m.unmap_sg(dev, sgl, 3, DMA_TO_DEVICE);
  m.unmap(dev, busy, 100, DMA_TO_DEVICE);
  t.see('device segments, mapped again', m.map_sg(dev, sgl, 3, DMA_TO_DEVICE));
  const others = [0, 1, 2].map(() => m.map(dev, m.page(0x22), 0, 4096, DMA_FROM_DEVICE));
  const hit = others.find((at) => at === stale) ?? others[0] ?? stale;
  const before = domain.table.iova_to_phys(hit);
  t.see('another mapping, before the list is unmapped', before === 0 ? 'not mapped' : 'mapped');
  m.unmap_sg(dev, sgl, 3, DMA_TO_DEVICE);
  const after = domain.table.iova_to_phys(hit);
  const isLost = before !== 0 && after === 0;
  t.see('and after', after === 0 ? 'not mapped' : 'mapped', isLost);
}

function permission(t: Trial): void {
  for (const coherent of [true, false]) {
    const kind = coherent ? 'coherent' : 'not coherent';
    const m = t.machine({ numSlots: 0, machine: { swiotlb_slabs: 128 } });
    const dev = new_pci_dev({ untrusted: true, dma_coherent: coherent });
    const domain = m.plug(dev);
    const sgl = m.list([m.page(0x11), PAGE_SIZE, 0]);
    m.map_sg(dev, sgl, 1, DMA_FROM_DEVICE);
    const prot = domain.table.prot(sgl.dma_address);
    const may = [prot & IOMMU_READ ? 'read' : '', prot & IOMMU_WRITE ? 'write' : ''];
    const words = may.filter((word) => word !== '').join(' and ') || 'nothing';
    t.see(`${kind}: what it may do`, words, words !== 'write');
    const read = m.read(dev, sgl.dma_address, PAGE_SIZE);
    t.see(`${kind}: it reads`, runs(read), read !== null);
    const wrote = m.write(dev, sgl.dma_address, new Uint8Array(100).fill(0x22));
    t.see(`${kind}: its write`, wrote ? 'arrives' : 'faults', !wrote);
  }
}

function lazyFlush(t: Trial): void {
  for (const swiotlb of [true, false]) {
    const name = `SWIOTLB=${swiotlb ? 'y' : 'n'}`;
    const m = t.machine({ swiotlb, strict: false, machine: { swiotlb_slabs: 128 } });
    const dev = new_pci_dev({ untrusted: true });
    m.plug(dev);
    const p = m.page(0x11, 6); // more than the largest class
    const at = m.map(dev, p, 0, 4096 << 6, DMA_TO_DEVICE);
    m.unmap(dev, at, 4096 << 6, DMA_TO_DEVICE);
    const { timers } = m.k.usage();
    t.see(`${name}: flushes at the unmap`, m.syncs, m.syncs === 0);
    t.see(`${name}: timers of a flush queue`, timers, timers > 0);
  }
}

function lostSlot(t: Trial): void {
  const { m, dev, domain } = untrusted(t, 2);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  t.see('lists of the class before', lists(klass));
  const p = m.page(0x11);
  const held = m.k.usage().pages;
  const sgl = m.list([p, 100, 0], [p, 100, 200]);
  m.map_sg(dev, sgl, 2, DMA_TO_DEVICE);
  t.see('while the list is mapped', lists(klass));
  m.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
  m.k.timers.advance(60_000);
  const stats = m.stats(domain)[0];
  const lost = stats ? 2 - stats.ro - stats.wo - stats.rw - stats.empty : 0;
  t.see('a minute after the unmap', lists(klass), lost > 0);
  t.see('pages that stay allocated', m.k.usage().pages - held, m.k.usage().pages > held);
  t.see('warnings', m.k.log.warnings, m.k.log.warnings > 0);
}

export const UNTRUSTED: readonly Finding[] = [
  {
    id: 8,
    title: 'A list mapped by the pool is unmapped by the swiotlb path',
    severity: 'leak',
    cause: 'any load',
    harm: 'each list of an untrusted device costs its domain a slot and its pages, until no list is bounced any more',
    where: ['iommu_dma_unmap_sg'],
    later: 'mended in v2: 1/9 takes swiotlb out of dma-iommu, 3/9 unmaps lists through its buffers',
    fix: 'pool-first',
    steps: [
      'An untrusted device’s list of two entries is mapped: the pool takes it.',
      'The list is unmapped: swiotlb’s code unmaps each entry from the IOMMU.',
      'A minute passes, so that the eviction worker has given back what it can.',
    ],
    show: lostSlot,
  },
  {
    id: 9,
    title: 'The address of a lost slot is given to another mapping',
    severity: 'crash',
    cause: 'any load',
    harm: 'correct use by an untrusted device’s driver ends in a wild pointer: the next mapping at a lost slot’s address; so does the misuse of 6, the sync of a copy of a list',
    where: ['iommu_dma_unmap_sg', 'io_buffer_pool_find_buffer', 'io_buffer_pool_sync_sg'],
    later:
      'mended in v2 with 8; a sync of a copy of a list still finds no buffer of its own (3/9, io_bounce_buffers_sync_sg), an unmap does since 4/9',
    fix: 'pool-first,same-list',
    steps: [
      'An untrusted device’s list is mapped and unmapped: the only slot is lost, its address free.',
      'A page is mapped: it gets that address, and its sync takes the old list for a page.',
      'On another machine a copy of a list is unmapped.',
    ],
    show: reusedAddress,
  },
  {
    id: 10,
    title: 'A page at the address of a lost slot stays mapped forever',
    severity: 'disclosure',
    cause: 'any load',
    harm: 'an untrusted device reads a page after its unmap, as long as the domain lives, and then gets it in place of other mappings’ data',
    where: ['io_buffer_pool_unmap_buffer'],
    later: 'mended in v2 with 8',
    fix: 'pool-first',
    steps: [
      'An untrusted device’s list is mapped and unmapped: the only slot is lost, its address free.',
      'A page of 22 is mapped there by a driver that syncs itself, and unmapped. It is then filled with 33.',
      'The device reads the address, and what is mapped through the pool next.',
    ],
    show: mappedForever,
  },
  {
    id: 11,
    title: 'Another mapping is unmapped',
    severity: 'corruption',
    cause: 'any load',
    harm: 'the unmap of one list of an untrusted device unmaps another mapping, whose transfer then faults',
    where: ['io_buffer_pool_map_sg'],
    later:
      'mended in v2 by 1/9, which takes out the path that unmaps later entries; 3/9 still invalidates one entry only',
    fix: 'stale-entries',
    steps: [
      'The only slot is busy, so a list of three goes through swiotlb; it is unmapped, and the slot becomes free.',
      'The list is mapped again: the pool takes it. Its third entry still has the old address.',
      'Another page gets that address; then the list is unmapped.',
    ],
    show: staleEntry,
  },
  {
    id: 12,
    title: 'A bool is passed as a permission',
    severity: 'disclosure',
    cause: 'any load',
    harm: 'lists of untrusted devices that bypass the pool get the wrong permission: a coherent device reads the page that it should only write, and its writes fault',
    where: ['iommu_dma_map_sg_swiotlb'],
    later: 'mended in v2: 1/9 takes the function out',
    fix: 'list-prot',
    steps: [
      'The pool has no slots. A list over a page of 11 is mapped for an untrusted device to write.',
      'The device reads and writes; once with a coherent device, once with another.',
    ],
    show: permission,
  },
  {
    id: 13,
    title: 'SWIOTLB=n also drops strictness',
    severity: 'disclosure',
    cause: 'unusual set-up',
    harm: 'on a kernel without SWIOTLB, of which v5.13 has none, an untrusted device reaches memory for milliseconds after its unmap, where the administrator chose lazy flushing for the others',
    where: ['dev_use_swiotlb', 'iommu_dma_init_domain'],
    later:
      'objected to on 8 July 2021 (aa5271cc-b555-50eb-7a45-b9bbec92d97c@arm.com); from v2 of the fixes (20210709033502.3545820-5-stevensd@google.com) on dev_use_swiotlb is not asked in iommu_dma_init_domain, and so in v5.16: 2e727bffbe93, “iommu/dma: Check CONFIG_SWIOTLB more broadly”',
    fix: 'keep-strict',
    steps: [
      'The kernel flushes lazily (iommu.strict=0); an untrusted device is plugged in.',
      'A buffer that is larger than all classes is mapped and unmapped; with SWIOTLB and without.',
    ],
    show: lazyFlush,
  },
];
