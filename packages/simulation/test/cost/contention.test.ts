// SPDX-License-Identifier: GPL-2.0-only
// bare-metal-smmuv3 has the costs of one thread. What ten threads take comes out of the simulation, and is compared with
// what was measured under them: dma_map_benchmark, test-fixtures/figures/cost-figures.md.

import { expect } from 'chai';
import { job, runJobs } from '../../src/testing';

/** µs per unmap as published, to one decimal. */
const PUBLISHED = [
  { threads: 1, bs: '4k', unmap: 0.8 },
  { threads: 1, bs: '64k', unmap: 2.0 },
  { threads: 1, bs: '128k', unmap: 3.3 },
  { threads: 10, bs: '4k', unmap: 5.8 },
  { threads: 10, bs: '128k', unmap: 24.2 },
] as const;

/** What is between unmap and the next map is nothing, as in the benchmark: map, unmap, map … */
const NO_DRIVE = {
  ...{ submitNs: 0, completeNs: 0, interruptNs: 0 },
  ...{ nvmeLatencyNs: 0, nvmeIops: 1e12, nvmeBytesPerS: 1e18 },
};

function unmapUs(threads: number, bs: string): number {
  const run = runJobs(
    'strict',
    [job({ bs, iodepth: '1', numjobs: String(threads), numberIos: '500' })],
    {
      ...{ preset: 'bare-metal-smmuv3', cost: NO_DRIVE, layout: 'contiguous' },
      ...{ cpus: threads, data: false },
    },
  );
  return (run.unmap_ns_per_gb * (run.bytes / run.ios / 1e9)) / 1000;
}

describe('bare-metal-smmuv3', () => {
  for (const { threads, bs, unmap } of PUBLISHED)
    it(`unmaps ${bs} from ${String(threads)} threads in about the ${String(unmap)} us published`, () => {
      const found = unmapUs(threads, bs);
      if (threads === 1) expect(found).to.be.closeTo(unmap, 0.05);
      // Predicted: nothing was fitted to ten threads.
      else expect(found).to.be.within(unmap * 0.95, unmap * 1.05);
    });
});
