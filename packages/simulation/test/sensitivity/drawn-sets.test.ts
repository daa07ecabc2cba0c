// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { COST_PARAMETERS, preset } from '../../src/cost';
import { type Price, cpuNs } from '../../src/sensitivity';
import { DrawnSets } from '../../src/sensitivity/drawn-sets';
import { drawCosts } from '../../src/sensitivity/uncertainty';

describe('DrawnSets', () => {
  it('count the sets in which the second takes less time, as each set has it for itself', () => {
    const cost = preset('bare-metal-vtd');
    const ranges = new Map(
      COST_PARAMETERS.map(({ name, min, max }) => [name, [min, max] as const]),
    );
    const bounces: Price = {
      times: { copyFixedNs: 1, copyColdBytesPerS: 4096, poolMapNs: 1, dmaMapNs: 1 },
      waitNs: 12.5,
    };
    const maps: Price = {
      times: { dmaMapNs: 1, iovaTreeNs: 1, iommuMapPageNs: 1, invalidateNs: 0.5 },
      waitNs: 0,
    };
    const [draws, seed] = [500, 3];
    const expected = [...drawCosts(cost, ranges, draws, seed)].filter(
      (drawn) => cpuNs(maps, drawn) < cpuNs(bounces, drawn),
    ).length;
    const sets = new DrawnSets(cost, ranges, draws, seed);
    expect(sets.secondWins([bounces, maps])).to.equal(expected / draws);
    expect(sets.secondWins([maps, bounces])).to.equal(1 - expected / draws);
    expect(expected).to.be.within(10, 490);
  });
});
