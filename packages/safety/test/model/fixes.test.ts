// SPDX-License-Identifier: GPL-2.0-only
// Fixes and what-ifs under the model: what the DMA API promises holds with each of them, in every state of the series.

import { expect } from 'chai';
import type { overlays } from '@iommu-bounce/integration';
import { checkModel } from '@iommu-bounce/safety';
import {
  FIXES,
  fixOverlays,
  iova_c_depot_6_7,
  iova_c_single_queue_6_7,
  virtio_iommu_deferred_flush_6_8,
} from '@iommu-bounce/simulation';

const LONG = process.env['TEST_LONG'] === '1';
const SEEDS = LONG ? [1, 2] : [1];
const OPERATIONS = LONG ? 500 : 200;
/** In npm test: one that once changed page mappings of the states before patch 4. */
const FEW = ['list-prot'];

interface Tried {
  readonly name: string;
  readonly over: overlays;
  /** What it changes on purpose. */
  readonly but?: RegExp;
}

const fixes: readonly Tried[] = FIXES.map((fix) => ({
  name: `the fix ${fix.name}`,
  over: fixOverlays([fix]),
})).filter(({ over }) => Object.keys(over).length > 0); // some only mark fields
const whatIfs: readonly Tried[] = [
  { name: 'the depot of 6.7', over: { iova: iova_c_depot_6_7 } },
  { name: 'the single queue of 6.7', over: { iova: iova_c_single_queue_6_7 } },
  {
    name: 'the deferred flush of 6.8',
    over: { virtio_iommu: virtio_iommu_deferred_flush_6_8 },
    // Under iommu.strict=0 an unmap is told to the VMM later.
    but: /^VFIO holds \d+ pages, expected \d+: /,
  },
];

describe('the model', () => {
  it(`finds nothing in ${String(OPERATIONS)} operations with a fix or a what-if, each alone @long`, function () {
    this.timeout(1_200_000);
    const few = fixes.filter(({ name }) => FEW.some((one) => name.endsWith(` ${one}`)));
    for (const { name, over, but } of LONG ? [...fixes, ...whatIfs] : few)
      for (const seed of SEEDS) {
        const driver = over.virtio_iommu ? ({ driver: 'virtio' } as const) : {};
        // What is to be found takes longer than what is not.
        const operations = but ? 4 * OPERATIONS : OPERATIONS;
        const options = { seed, operations, overlays: over, ...driver };
        const { failure } = checkModel(options);
        const found = `${name}, seed ${String(seed)}: ${failure?.what ?? 'nothing'}`;
        if (but) expect(failure?.what, found).to.match(but);
        else expect(failure, found).to.equal(null);
      }
  });
});
