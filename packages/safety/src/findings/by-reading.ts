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
    later:
      'not mended in v2: 2/9 has the same two types, which the kernel test robot reported for i386 on 7 August 2021 (202108070153.LtYpODFT-lkp@intel.com)',
    fix: null,
    design: 'u64 in the declaration, as in the definition',
    noOverlay: 'the port has one number type for both, and no header that could differ',
  },
  {
    id: 78,
    title: 'On a 32-bit kernel the addresses of many slots wrap',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'once the pool links (82), and with more than 32,766 slots on the command line, buffers of the largest class are not copied, or have addresses that are not the pool’s own, and the kernel follows a wild pointer',
    where: ['io_buffer_class_init', 'io_buffer_slot_to_iova', 'io_buffer_pool_find_buffer'],
    later:
      'mended in v2, by reading: 6/9 takes at most half of the addresses below the mask of set-up, and only as many slots as fit',
    fix: null,
    design: 'the products of a size and a number of slots in a dma_addr_t',
    noOverlay: 'numbers of the port do not wrap at 32 bits, so that it has nothing to mend',
  },
  {
    id: 82,
    title: 'A division does not link on x86-32',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'a kernel for x86-32 with PAE, INTEL_IOMMU and the pool does not link: there is no __udivdi3',
    where: ['io_buffer_pool_find_buffer'],
    later: 'not mended in v2, by reading: 6/9 divides an offset of 64 bits by a size_t, too',
    fix: null,
    design: 'a shift by the logarithm of the size, which is a power of two, or div_u64',
    noOverlay: 'the port divides by a number of any size, and is not linked',
  },
];
