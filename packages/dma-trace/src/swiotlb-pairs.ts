// SPDX-License-Identifier: GPL-2.0-only
// Kernels before 5.0 say of one full swiotlb twice: the allocator that it is full, then the mapping that it failed.

import type { KernelLog } from './events';

const MAPPING_FAILED = 'Out of SW-IOMMU space';
/** Lines of others that may stand between. */
const MOST_BETWEEN = 4;

/** Makes one of the two. */
export class SwiotlbPairs {
  private full: KernelLog | null = null;

  /** The second line of a pair is about swiotlb, but no failure of its own. */
  add(log: KernelLog): void {
    if (log.topic !== 'swiotlbFull') return;
    if (!log.text.includes(MAPPING_FAILED)) this.full = log;
    else if (this.isSame(log)) {
      log.topic = 'swiotlb';
      this.full = null;
    }
  }

  private isSame({ line, device, swiotlb }: KernelLog): boolean {
    const { full } = this;
    return (
      full !== null &&
      line - full.line <= MOST_BETWEEN + 1 &&
      device === full.device &&
      swiotlb?.size === full.swiotlb?.size
    );
  }
}
