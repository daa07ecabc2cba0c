// SPDX-License-Identifier: GPL-2.0-only
// Findings 8 to 13: untrusted devices.

import { DMA_TO_DEVICE } from '@iommu-bounce/linux-shim';
import { new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, lists } from './kit';

function lostSlot(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1, machine: { swiotlb_slabs: 128 } });
  const dev = new_pci_dev({ untrusted: true });
  const domain = m.plug(dev);
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
    later: 'not looked up',
    fix: 'pool-first',
    steps: [
      'An untrusted device’s list of two entries is mapped: the pool takes it.',
      'The list is unmapped: swiotlb’s code unmaps each entry from the IOMMU.',
      'A minute passes, so that the eviction worker has given back what it can.',
    ],
    show: lostSlot,
  },
];
