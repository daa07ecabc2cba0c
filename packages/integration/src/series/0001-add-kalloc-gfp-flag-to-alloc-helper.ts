// SPDX-License-Identifier: GPL-2.0-only
// Patch 1/4: the array of pages is allocated with the caller's flags too, so the helper can be used where nothing sleeps.

import { GFP_ATOMIC, device, spinlock_t } from '@iommu-bounce/linux-shim';
import { bootOn } from '../boot-on';
import { alloc_pages } from './alloc-helper';
import type { SeriesPatch } from './probe';

export const patch_1: SeriesPatch = {
  patch: 1,
  subject: 'dma-iommu: add kalloc gfp flag to alloc helper',
  messageId: '20210707075505.2896824-2-stevensd@google.com',
  files: ['drivers/iommu/dma-iommu.c'],
  name: 'allocate pages with GFP_ATOMIC under a spinlock',
  probe(patches, { driver }) {
    const { m } = bootOn(driver, {
      patches,
      machine: { memory: { nodes: [{ lowmem_pages: 1024 }], bytes: false } },
    });
    const lock = new spinlock_t();

    const flags = m.k.locks.spin_lock_irqsave(lock);
    const pages = alloc_pages(m, new device('probe'), 0, 4, GFP_ATOMIC);
    m.k.locks.spin_unlock_irqrestore(lock, flags);

    const report = m.k.log.lines.find((line) => line.text.startsWith('BUG: sleeping function'));
    if (report) return { behaves: false, seen: report.text };
    return { behaves: pages !== null, seen: `${String(pages?.length ?? 0)} pages, nothing slept` };
  },
};
