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
];
