// SPDX-License-Identifier: GPL-2.0-only
// Findings 14 to 21: second devices and set-up.

import { DMA_BIT_MASK, DMA_TO_DEVICE, GFP_KERNEL, dma_addr_t } from '@iommu-bounce/linux-shim';
import type { iommu_group } from '@iommu-bounce/iommu-core';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, lists, runs, yesNo } from './kit';

const NARROW = DMA_BIT_MASK(24);
const BUS = DMA_BIT_MASK(31);
/** The addresses of MT8192's CCU0: mt8192_multi_dom in mtk_iommu.c of v5.14. */
const CCU = [0x240000000, 0x243ffffff] as const;

function secondDevice(t: Trial): void {
  for (const [what, limit, options] of [
    ['its mask', NARROW, { dma_mask: NARROW }],
    ['the limit of its bus', BUS, { bus_dma_limit: BUS }],
  ] as const) {
    const m = t.machine();
    const first = new_device();
    const domain = m.plug(first);
    const narrow = new_device({ name: 'narrow', ...options });
    m.plug(narrow, first.iommu_group as iommu_group);
    const at = m.map(narrow, m.page(0x11), 0, 100, DMA_TO_DEVICE);
    t.see(what, hex(limit));
    t.see(`${what}: address that it gets`, hex(at), at > limit);
    t.see(`${what}: bounced`, yesNo(m.bounced(domain, at)));
  }
}

function maskLater(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  m.k.dma.dma_set_mask(dev, NARROW);
  t.see('mask that the driver sets', hex(NARROW));
  const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
  t.see('address of a page', hex(at), at > NARROW);
  const sgl = m.list([m.page(0x11), 100, 0]);
  m.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
  t.see('address of a list', hex(sgl.dma_address), sgl.dma_address > NARROW);
}

function aboveFourGib(t: Trial): void {
  t.see('mask at set-up', hex(DMA_BIT_MASK(32)));
  for (const [what, aperture, numSlots] of [
    ['from 4 GiB on', [2 ** 32, 2 ** 40 - 1], 4],
    ['64 MiB at 9 GiB', CCU, 1024],
  ] as const) {
    const m = t.machine({ numSlots, driver: { aperture } });
    const dev = new_device();
    m.plug(dev);
    t.see(`${what}: translated DMA ops`, yesNo(dev.dma_ops !== null), dev.dma_ops === null);
    m.k.dma.dma_set_mask(dev, DMA_BIT_MASK(64));
    const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
    const seen = m.read(dev, at, 100);
    t.see(`${what}: address with a mask of 64 bits`, hex(at), at < 2 ** 32);
    t.see(`${what}: the device reads there`, runs(seen), seen === null);
  }
}

function secondSetUp(t: Trial): void {
  const m = t.machine();
  m.k.faults.fail('workqueue', 1);
  const dev = new_device();
  const domain = m.plug(dev);
  m.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
  const made = m.poolOf(domain) !== null;
  t.see('translated DMA ops after the second set-up', yesNo(dev.dma_ops !== null));
  t.see('a pool', yesNo(made), t.setting.pool && !made);
  const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
  t.see('a small mapping is bounced', yesNo(m.bounced(domain, at)));
}

function deferredAttach(t: Trial): void {
  for (const first of [false, true]) {
    const what = first ? 'coherent memory first' : 'a page first';
    const m = t.machine({ params: { kdump: true } });
    const dev = new_device();
    m.driver.set_attach_deferred(dev);
    m.driver.detach_dev(m.plug(dev), dev);
    const allocate = (): unknown =>
      m.k.dma.dma_alloc_attrs(dev, 4096, { value: dma_addr_t(0) }, GFP_KERNEL, 0);
    if (first) allocate();
    const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
    const { attached } = m.domain_of(dev);
    t.see(`${what}: attached after the map`, yesNo(attached.has(dev)), !attached.has(dev));
    const seen = m.read(dev, at, 100);
    t.see(`${what}: the device reads`, runs(seen), seen === null);
    if (first) continue;
    allocate();
    t.see('after coherent memory: the device reads', runs(m.read(dev, at, 100)));
  }
}

function teardown(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1 });
  const dev = new_device();
  const domain = m.plug(dev);
  const p = m.page(0x11);
  const before = m.k.usage().pages;
  m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  t.see('lists while a page is mapped', lists(klass));
  m.unplug(dev);
  const pages = m.k.usage().pages - before;
  t.see('pages of buffers after teardown', pages, pages > 0);
  const { mapped_pages } = domain.table;
  // Without the pool too: the driver has not unmapped its own page.
  t.see('pages that stay mapped', mapped_pages, t.setting.pool && mapped_pages > 0);
}

function failedUnmap(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1, machine: { timers: 'exact' } });
  const dev = new_device();
  const domain = m.plug(dev);
  const p = m.page(0x11);
  const before = m.k.usage().pages;
  const at = m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  m.unmap(dev, at, 100, DMA_TO_DEVICE);
  t.see('lists after the unmap', lists(klass));
  if (klass) m.k.faults.fail('iommu_unmap', 1);
  m.k.timers.advance(10_000);
  t.see('after the eviction that fails', lists(klass));
  m.k.timers.advance(60_000);
  const free = m.stats(domain)[0]?.empty ?? 2;
  t.see('a minute later', lists(klass), free < 2);
  const pages = m.k.usage().pages - before;
  t.see('pages of buffers', pages, pages > 0);
}

function noTranslation(t: Trial): void {
  for (const [what, fails, mib] of [
    ['no workqueue', 1, 4096],
    ['addresses of 512 MiB', 0, 512],
    ['addresses of 256 MiB', 0, 256],
  ] as const) {
    const m = t.machine({ numSlots: 1024, driver: { aperture: [0, mib * 2 ** 20 - 1] } });
    m.k.faults.fail('workqueue', fails);
    const dev = new_device();
    const domain = m.plug(dev);
    t.see(`${what}: attached to its domain`, yesNo(domain.attached.has(dev)));
    t.see(`${what}: translated DMA ops`, yesNo(dev.dma_ops !== null), dev.dma_ops === null);
    const p = m.page(0x11);
    const at = m.map(dev, p, 0, 100, DMA_TO_DEVICE);
    const physical = Number(at) === Number(m.phys(p));
    t.see(`${what}: address of a page`, `${hex(at)}${physical ? ', the physical one' : ''}`);
    const seen = m.read(dev, at, 100);
    t.see(`${what}: the device reads there`, runs(seen), seen === null);
  }
}

export const SET_UP: readonly Finding[] = [
  {
    id: 14,
    title: 'The check of a second device is never reached',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a second device of a group with a narrower mask, or behind a narrower bus, gets addresses that it cannot reach: its transfers go elsewhere or fault',
    where: ['iommu_dma_init_domain', 'io_buffer_pool_init'],
    later:
      'partly mended in v2: 6/9 checks a further device before it returns early, its bus too, and refuses it, which costs it its translation (17); a mask that its driver lowers later is not seen (15)',
    fix: 'mask-at-map',
    steps: [
      'A device is plugged in, then one of 24 bits into the same group; on another machine one behind a bus of 31 bits.',
      'The second one’s driver maps a page.',
    ],
    show: secondDevice,
  },
  {
    id: 15,
    title: 'The mask is read before the driver sets it',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a device of less than 32 bits gets addresses that it cannot reach, although its driver says so: its transfers go elsewhere or fault',
    where: ['io_buffer_class_init'],
    later: 'not mended in v2: 6/9 reserves with dma_get_mask(dev) at set-up',
    fix: 'mask-at-map',
    steps: [
      'A device is plugged in; then its driver sets a mask of 24 bits, and maps a page and a list.',
    ],
    show: maskLater,
  },
  {
    id: 16,
    title: 'A domain above 4 GiB gets no pool, and the device no DMA',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'where a device’s addresses begin at 4 GiB or above, as for some of MT8192 in v5.14, it cannot do DMA',
    where: ['io_buffer_class_init'],
    later:
      'not mended in v2, which reserves below dma_get_mask(dev) too. s390, on dma-iommu since v6.7 only, needed a workaround of 64 bits (mail of 1 July 2022, 880cceedfb8753467802356980fb09c83d250a09.camel@linux.ibm.com)',
    fix: 'aperture,pool-optional',
    steps: [
      'The IOMMU has addresses from 4 GiB on, then 64 MiB at 9 GiB. A device is plugged in.',
      'Its driver sets a mask of 64 bits and maps a page, which the device reads.',
    ],
    show: aboveFourGib,
  },
  {
    id: 17,
    title: 'A failed pool costs the device its translation',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'a domain of 256 MiB or less, or one failed allocation while a device is probed, and each of its accesses faults',
    where: ['iommu_setup_dma_ops'],
    later: 'not mended in v2: 3/9 returns the error from iommu_dma_init_domain',
    fix: 'pool-optional',
    steps: [
      'The pool’s workqueue cannot be allocated while a device is probed.',
      'On other machines the domain has 512 and 256 MiB of addresses, and the pool the usual sizes.',
      'Its driver maps a page, and the device reads it.',
    ],
    show: noTranslation,
  },
  {
    id: 18,
    title: 'A second set-up succeeds without a pool',
    severity: 'cost',
    cause: 'failure',
    harm: 'after one failed allocation a domain is never bounced again, and nobody is told',
    where: ['iommu_dma_init_domain'],
    later:
      'worse in v2, by reading: the error pointer of 3/9 stays in the cookie, and 6/9 takes it for buffers',
    fix: 'retry-pool',
    steps: [
      'The pool’s workqueue cannot be allocated while a device is probed.',
      'The device is set up a second time, with memory.',
    ],
    show: secondSetUp,
  },
  {
    id: 19,
    title: 'A pool mapping skips the deferred attach',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'in a kdump kernel a device whose first mapping is bounced is not attached until its driver allocates coherent memory or maps something large: until then it faults, and without that the crash dump cannot be written',
    where: ['iommu_dma_map_page'],
    later:
      'not mended in v2: of a page, 3/9 asks its buffers before __iommu_dma_map attaches the device; of a list it asks them after, as here',
    fix: 'attach-first',
    steps: [
      'A kdump kernel puts off attaching a device until it is used first.',
      'Its driver maps 100 bytes, and the device reads them; then it allocates coherent memory.',
      'On another machine the driver allocates the memory first, as most do for their rings.',
    ],
    show: deferredAttach,
  },
  {
    id: 20,
    title: 'Slots in use at teardown are lost and stay mapped',
    severity: 'leak',
    cause: 'driver misuse',
    harm: 'a domain that goes while a driver has mappings loses their buffers’ pages, without a word',
    where: ['io_buffer_pool_destroy'],
    later:
      'not mended in v2: 6/9 evicts cached slots only, and forgets the single-use buffers of 3/9 that are in use, too',
    fix: 'free-in-use',
    steps: ['A page is mapped, and the device is removed before it is unmapped.'],
    show: teardown,
  },
  {
    id: 21,
    title: 'A failed unmap loses the slot',
    severity: 'leak',
    cause: 'failure',
    harm: 'each buffer that the IOMMU does not unmap once costs its slot and pages for the life of the domain',
    where: ['io_buffer_pool_free_slot'],
    later:
      'not mended in v2: 6/9 leaks the slot with a warning; by reading, where that is the last of several that go together, all empty slots are lost with it: io_buffer_manager_relese_slots hangs them on the slot that is lost',
    fix: 'retry-unmap',
    steps: [
      'A page is mapped and unmapped; the IOMMU fails the eviction’s unmap once.',
      'A minute passes.',
    ],
    show: failedUnmap,
  },
];
