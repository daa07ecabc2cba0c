// SPDX-License-Identifier: GPL-2.0-only
// A finding of the real C that no machine shows: two types of one parameter.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';

describe('__iommu_dma_alloc_iova in the real series', () => {
  it('finding: declares a limit of dma_addr_t and defines one of u64', function () {
    const { READER_SERIES: series } = process.env;
    if (series === undefined) {
      console.log('      skipped: READER_SERIES does not name the real series');
      this.skip();
    }
    const text = series
      .split(':')
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    // An added or a kept line of a patch, then the next one.
    const types = [
      ...text.matchAll(/^[+ ]dma_addr_t __iommu_dma_alloc_iova\(.*\n[+ ].*?(\w+) dma_limit/gm),
    ];
    expect(types.map(([, type]) => type)).to.have.members(['dma_addr_t', 'u64']);
  });
});
