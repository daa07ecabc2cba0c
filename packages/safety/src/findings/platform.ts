// SPDX-License-Identifier: GPL-2.0-only
// Findings 42 to 44, 51 and 52: what the platform asks for: ranges of the bus, reserved regions, swiotlb.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  IORESOURCE_MEM,
  IO_TLB_SIZE,
  PAGE_SIZE,
  U64_MAX,
  deref,
  type device,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_READ,
  IOMMU_RESV_DIRECT,
  IOMMU_RESV_RESERVED,
  IOMMU_WRITE,
  type iommu_group,
} from '@iommu-bounce/iommu-core';
import { new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, yesNo } from './kit';

/** A device behind a bridge that reaches these ranges of addresses. */
function behind(...ranges: (readonly [number, number])[]): ReturnType<typeof new_pci_dev> {
  const dev = new_pci_dev();
  for (const [start, end] of ranges)
    dev.pci_bus.bridge.dma_ranges.push({
      res: { start: phys_addr_t(start), end: phys_addr_t(end), flags: IORESOURCE_MEM },
      offset: 0,
    });
  return dev;
}

function rangesOfBus(t: Trial): void {
  for (const [name, dev] of [
    ['ranges that touch', behind([0x1000, 0xffffff], [0x1000000, 0xffffffff])],
    ['a range from 0 on', behind([0, 0xffffffff])],
    ['a range up to the top', behind([0x1000, U64_MAX])],
  ] as const) {
    const m = t.machine();
    m.plug(dev);
    t.see(`${name}: translated DMA ops`, yesNo(dev.dma_ops !== null), dev.dma_ops === null);
    if (dev.dma_ops === null) continue;
    const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
    const isRefused = at === DMA_MAPPING_ERROR;
    t.see(`${name}: a page is mapped`, isRefused ? 'refused' : hex(at), isRefused);
  }
}

function secondTry(t: Trial): void {
  const m = t.machine();
  const dev = behind([0x7000, 0x9fff], [0x2000, 0x4fff]);
  const domain = m.plug(dev);
  t.see('translated DMA ops after the first set-up', yesNo(dev.dma_ops !== null));
  m.dma_iommu.iommu_setup_dma_ops(dev, domain.geometry.aperture_start, 2 ** 48);
  const isSetUp = dev.dma_ops !== null;
  t.see('after the second', yesNo(isSetUp), isSetUp);
  if (!isSetUp) return;
  const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
  t.see('address of a page; the bridge reaches none above 0x9fff', hex(at), at > 0x9fff);
}

function furtherDevice(t: Trial): void {
  const m = t.machine();
  const len = PAGE_SIZE << 6; // more than the largest class
  const [first, second] = [new_device(), new_device({ name: 'second' })];
  m.plug(first);
  const at = m.map(first, m.page(0x11, 6), 0, len, DMA_TO_DEVICE);
  t.see('address of the first device’s mapping', hex(at));
  const start = Number(at) - PAGE_SIZE;
  m.driver.set_resv_regions(second, [{ start, length: PAGE_SIZE, type: IOMMU_RESV_RESERVED }]);
  m.plug(second, first.iommu_group as iommu_group);
  t.see('region that the second one must not use', `${hex(start)} to ${hex(at - 1)}`);
  const own = m.map(second, m.page(0x22, 6), 0, len, DMA_TO_DEVICE);
  const overlaps = own < at && own + len > start;
  t.see('address of its mapping', `${hex(own)} to ${hex(own + len - 1)}`, overlaps);
  insideThePool(t);
}

/** The pool's addresses are handed out as buffers, whatever is reserved among them later. */
function insideThePool(t: Trial): void {
  const m = t.machine();
  const [first, second] = [new_device(), new_device({ name: 'second' })];
  const domain = m.plug(first);
  const start = m.stats(domain)[0]?.iova_base ?? 0xffff8000;
  const length = 4 * PAGE_SIZE;
  m.driver.set_resv_regions(second, [{ start, length, type: IOMMU_RESV_RESERVED }]);
  m.plug(second, first.iommu_group as iommu_group);
  t.see('region where the pool has its first class', `${hex(start)} to ${hex(start + length - 1)}`);
  const at = m.map(second, m.page(0x22), 0, PAGE_SIZE, DMA_TO_DEVICE);
  t.see('address of a page of the second device', hex(at), at >= start && at < start + length);
}

function directAtZero(t: Trial): void {
  const m = t.machine();
  const direct = (page: number): Parameters<typeof m.driver.set_resv_regions>[1][number] => ({
    start: page * PAGE_SIZE,
    length: PAGE_SIZE,
    type: IOMMU_RESV_DIRECT,
    prot: IOMMU_READ | IOMMU_WRITE,
  });
  const [first, second] = [new_device(), new_device({ name: 'second' })];
  m.driver.set_resv_regions(first, [direct(0)]);
  m.driver.set_resv_regions(second, [direct(0), direct(8)]);
  m.plug(first);
  const { table } = m.plug(second, first.iommu_group as iommu_group);
  const mapped = table.ranges().map(({ iova }) => Number(iova));
  t.see('1:1 regions of the second device', [0, 8].map((n) => hex(n * PAGE_SIZE)).join(', '));
  const list = mapped.map((at) => hex(at)).join(', ');
  t.see('mapped', list, !mapped.includes(8 * PAGE_SIZE));
}

function endlessSlots(t: Trial): void {
  const m = t.machine({ machine: { swiotlb_slabs: 256 } });
  const { swiotlb } = m.k;
  const mem = deref(swiotlb.io_tlb_default_mem);
  const orig = m.phys(m.page(0x11));
  const take = (dev: device, at: phys_addr_t): void => {
    const size = 2 * IO_TLB_SIZE;
    swiotlb.swiotlb_tbl_map_single(dev, at, size, size, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
  };
  const dev = new_device();
  for (let i = 0; i < 128; i++) take(dev, orig);
  for (let slot = 0; slot < 256; slot += 4) {
    const at = phys_addr_t(mem.start + slot * IO_TLB_SIZE);
    swiotlb.swiotlb_tbl_unmap_single(dev, at, IO_TLB_SIZE, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
  }
  t.see('slots in use, of 256, each second pair', mem.used);
  mem.index = 2;
  const nvme = new_device({ name: 'nvme', dma_parms: { min_align_mask: 0xfff } });
  t.dies('two slots for the odd half of a page', () => {
    take(nvme, phys_addr_t(orig + 0x800));
  });
  t.see('interrupts off after it', yesNo(m.k.usage().irqs_disabled));
}

export const PLATFORM: readonly Finding[] = [
  {
    id: 42,
    title: 'PCI dma_ranges that start at 0 or touch each other are taken for unsorted',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'no device behind such a bridge can do DMA',
    where: ['iova_reserve_pci_windows'],
    later:
      'partly mended in v5.14: ranges may touch and begin at 0; one that ends at the top still reserves all in iova_reserve_pci_windows of v7.0 or later, by reading',
    fix: 'touching-ranges',
    steps: [
      'A device is behind a bridge with two ranges that touch, with one from 0 on, with one up to the top.',
      'Its driver maps a page.',
    ],
    show: rangesOfBus,
  },
  {
    id: 43,
    title: 'A second set-up forgets that the first one failed',
    severity: 'corruption',
    cause: 'failure',
    harm: 'a device gets addresses that its bridge does not pass on, or that belong to a window of the bus',
    where: ['iommu_dma_init_domain'],
    later:
      'not mended in v7.0 or later, by reading: for iommu_dma_init_domain a domain that has its start_pfn is set up. Worse since v5.18: where it was iova_domain_init_rcaches that failed, the domain has no caches, and the first unmap of up to 32 pages follows NULL in iova_rcache_insert',
    fix: 'reserve-each',
    steps: [
      'A bridge has two ranges in the wrong order, and the set-up of a device fails.',
      'The device is set up a second time, and its driver maps a page.',
    ],
    show: secondTry,
  },
  {
    id: 44,
    title: 'Reserved regions of a further device are not reserved',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a second device of a group gets addresses that it must not use, such as those of an MSI doorbell; the pool’s addresses among them are always given to it',
    where: ['iommu_dma_init_domain'],
    later:
      'not mended in v7.0 or later, by reading: iommu_dma_init_domain returns early for a domain that is set up',
    fix: 'reserve-each',
    steps: [
      'A device is plugged in and maps 256 KiB.',
      'A second one of its group, which must not use the page below, does the same.',
      'On another machine the second one must not use four pages that are the pool’s, and maps a page.',
    ],
    show: furtherDevice,
  },
  {
    id: 51,
    title: 'A 1:1 region at address 0 always looks unmapped',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'a second device with such a region lacks its other 1:1 regions, and faults there',
    where: ['iommu_create_device_direct_mappings'],
    later:
      'mended in v7.0 by 0a4d00e2e99a, “iommu: Fix mapping check for 0x0 to avoid re-mapping it”, which asks for address 1 in place of 0, and in 6.19-stable',
    fix: 'ask-for-one',
    steps: [
      'A device with a 1:1 region at 0 is plugged in.',
      'A second one of its group has the same and another.',
    ],
    show: directAtZero,
  },
  {
    id: 52,
    title: 'swiotlb can search forever with its lock held',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'with a device like NVMe and a fragmented area, one mapping stops a CPU, and then all that bounce',
    where: ['find_slots'],
    later:
      'mended in v6.3 by 7c3940bf81e5, “swiotlb: fix the deadlock in swiotlb_do_find_slots” (March 2023), which counts the slots that were looked at',
    fix: null,
    design:
      'a count of the slots that were looked at, in place of a comparison with the first, as in the later kernel',
    noOverlay:
      'swiotlb.c is not of the series, and a part of the machine here, over which no fix can be laid',
    steps: [
      'The area of 256 slots is full but for each second pair.',
      'A device that keeps the offset in the page asks for two slots for the second half of a page.',
    ],
    show: endlessSlots,
  },
];
