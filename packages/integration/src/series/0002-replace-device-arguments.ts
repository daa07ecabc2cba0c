// SPDX-License-Identifier: GPL-2.0-only
// Patch 2/4: the helper takes the node the pages shall come from in place of the device that names it.

import { GFP_ATOMIC, oops } from '@iommu-bounce/linux-shim';
import { bootOn } from '../boot-on';
import { alloc_pages } from './alloc-helper';
import type { SeriesPatch } from './probe';

export const patch_2: SeriesPatch = {
  patch: 2,
  subject: 'dma-iommu: replace device arguments',
  messageId: '20210707075505.2896824-3-stevensd@google.com',
  files: ['drivers/iommu/dma-iommu.c'],
  name: 'allocate pages on node 1 with no device at hand',
  probe(patches, { driver }) {
    const { m } = bootOn(driver, {
      patches,
      machine: {
        memory: { nodes: [{ lowmem_pages: 1024 }, { lowmem_pages: 1024 }], bytes: false },
      },
    });
    try {
      const pages = alloc_pages(m, null, 1, 4, GFP_ATOMIC) ?? [];
      const nodes = [...new Set(pages.map((p) => p?.nid))];
      return {
        behaves: pages.length === 4 && nodes.length === 1 && nodes[0] === 1,
        seen: `${String(pages.length)} pages from node ${nodes.join(', ')}`,
      };
    } catch (error) {
      if (error instanceof oops) return { behaves: false, seen: `oops: ${error.message}` };
      throw error;
    }
  },
};
