// SPDX-License-Identifier: GPL-2.0-only
// Findings that no machine shows: what was read only.

import type { ReadFinding } from './finding';

export const BY_READING: readonly ReadFinding[] = [
  {
    id: 73,
    title: 'A function is declared with another type of limit',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'a kernel for x86-32 without PAE and with INTEL_IOMMU does not compile',
    where: ['__iommu_dma_alloc_iova'],
    later: 'not mended in v2: 2/9 has the same two types',
    fix: null,
    design: 'u64 in the declaration, as in the definition',
  },
  {
    id: 78,
    title: 'On a 32-bit kernel the addresses of many slots wrap',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'with more than 32,766 slots on the command line, buffers of the largest class are not copied, or have addresses that are not the pool’s own, and the kernel follows a wild pointer',
    where: ['io_buffer_class_init', 'io_buffer_slot_to_iova', 'io_buffer_pool_find_buffer'],
    later:
      'mended in v2, by reading: 6/9 takes at most half of the addresses below the mask of set-up, and only as many slots as fit',
    fix: null,
    design: 'the products of a size and a number of slots in a dma_addr_t',
  },
  {
    id: 79,
    title: 'Only the first page of an entry is asked whether it is highmem',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'on a 32-bit kernel with highmem, the copy of a list entry that begins in the last pages of lowmem goes on behind the linear map, where nothing is mapped',
    where: ['io_buffer_pool_do_sync'],
    later: 'not mended in v2: 3/9 asks the first page only, too; so does swiotlb_bounce of v5.14',
    fix: null,
    design: 'each page that is copied is asked, as kmap_local_page does',
  },
];
