// SPDX-License-Identifier: GPL-2.0-only
// Time, failures, and looks inside: pool, table, MSI pages, the end.

import {
  lower_32_bits,
  msi_desc,
  msi_msg,
  phys_addr_t,
  upper_32_bits,
} from '@iommu-bounce/linux-shim';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import { pool_of } from '../boot';
import type { Json } from './fields';
import { iovasInUse } from './iovas';
import type { Handler } from './ops';
import { protLetters } from './recorder';

export const inspectHandlers: Readonly<Record<string, Handler>> = {
  advance_ms: (c) => {
    c.env.m.k.timers.advance(c.number('ms'));
    return {};
  },

  fail: (c) => {
    c.env.m.k.faults.fail(c.text('site'), c.number('count'), c.numberOr('skip', 0));
    return {};
  },

  pool_stats: (c) => {
    const { k } = c.env.m;
    const pool = pool_of(c.domain());
    const work = pool?.evict_work;
    return {
      classes: pool ? (io_buffer_pool_stats(pool) as unknown as Json) : [],
      evict_in_ms:
        work && k.workqueue.delayed_work_pending(work)
          ? k.timers.jiffies_to_msecs(work.timer.expires - k.timers.jiffies())
          : null,
      pages_held: k.page_alloc.pages_in_use,
      mapped_pages: c.env.iommu.mappedPages(c.domain()),
      // Of all domains: the VMM knows devices, not whose mappings these are.
      ...(c.env.header.driver === 'virtio' ? { pinned_pages: c.env.iommu.pinnedPages() } : {}),
      ...(c.env.header.version === 1
        ? {}
        : { iovas_in_use: iovasInUse(c.domain()), allocations: k.usage().allocations }),
    };
  },

  mappings: (c) => ({
    ranges: c.env.iommu.ranges(c.domain()).map((r) => [r.iova, r.size, protLetters(r.prot)]),
  }),

  prepare_msi: (c) => {
    const doorbell = c.number('doorbell');
    const desc = new msi_desc(c.device());
    const ret = c.env.m.dma_iommu.iommu_dma_prepare_msi(desc, phys_addr_t(doorbell));
    if (ret !== 0) return { ret };
    const msg = new msi_msg();
    msg.address_lo = lower_32_bits(doorbell);
    msg.address_hi = upper_32_bits(doorbell);
    c.env.m.dma_iommu.iommu_dma_compose_msi_msg(desc, msg);
    return { ret, message_address: msg.address_hi * 2 ** 32 + msg.address_lo };
  },

  get_merge_boundary: (c) => ({ ret: c.env.m.k.dma.dma_get_merge_boundary(c.device()) }),

  destroy: (c) => {
    c.env.m.dma_iommu.iommu_put_dma_cookie(c.domain());
    return {
      leaked_pages: c.env.m.k.page_alloc.pages_in_use,
      mapped_pages: c.env.iommu.mappedPages(c.domain()),
      ...(c.env.header.version === 1 ? {} : { allocations: c.env.m.k.usage().allocations }),
    };
  },
};
