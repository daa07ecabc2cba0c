// SPDX-License-Identifier: GPL-2.0-only
// Physically contiguous parts of a buffer as the scatterlist that is mapped.

import { type mm_c, type scatterlist, sg_array, sg_set_page } from '@iommu-bounce/linux-shim';
import type { Run } from './split';

export class Pieces {
  readonly list: scatterlist;
  readonly count: number;
  readonly bytes: number;

  /** @param runs at least one */
  constructor(mm: mm_c, runs: readonly Run[]) {
    const list = sg_array(runs.length);
    for (const [i, run] of runs.entries())
      sg_set_page(list[i] as scatterlist, mm.pfn_to_page(run.pfn), run.bytes, 0);
    this.list = list[0] as scatterlist;
    this.count = runs.length;
    this.bytes = runs.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
