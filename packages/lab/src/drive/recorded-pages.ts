// SPDX-License-Identifier: GPL-2.0-only
// The size of the recorded kernel's pages, by its iommu:map events: arm64 has kernels with pages of 16 and of 64 KiB.

import { type Mapping, PAGE } from '@iommu-bounce/dma-trace';

/** The largest page of any kernel that has an IOMMU, in bytes. */
const LARGEST_PAGE = 65536;

export class RecordedPages {
  /** Divides each address and size of an iommu:map event. */
  private divisor = LARGEST_PAGE;
  /** Whether a call got more than pages of 4 KiB can explain. */
  private isRoundedUp = false;

  add({ maps, size, listEntries }: Mapping): void {
    if (this.divisor === PAGE || maps.length === 0) return;
    let mapped = 0;
    for (const map of maps) {
      while (map.iova % this.divisor || map.paddr % this.divisor || map.size % this.divisor)
        if ((this.divisor /= 2) <= PAGE) {
          this.divisor = PAGE;
          return;
        }
      mapped += map.size;
    }
    // Each piece may begin and end within a page.
    if (mapped >= size + 2 * PAGE * (listEntries ?? 1)) this.isRoundedUp = true;
  }

  /** Bytes: more than 4,096 only where calls were rounded up to it. */
  get bytes(): number {
    return this.isRoundedUp ? this.divisor : PAGE;
  }
}
