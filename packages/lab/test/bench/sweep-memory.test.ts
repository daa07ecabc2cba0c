// SPDX-License-Identifier: GPL-2.0-only
// The coordinator of a sweep holds nothing of each point, neither when it writes rows nor when it goes on with them.

import { expect } from 'chai';
import { coordinatorRates } from '../../src/bench/sweep-rate';

const LONG = process.env['TEST_LONG'] === '1';
const MIB = 2 ** 20;
/**
 * Compiled code and what writes Parquet are some 1.1 MiB, once. A hash of each point, in a set, would be more than 100 bytes
 * of each; with TEST_LONG=1 a number of each, 8 bytes, is too many.
 */
const [POINTS, MOST_MORE] = LONG ? [200_000, 2.5 * MIB] : [20_000, 2 * MIB];

describe('the coordinator of a sweep @long', function () {
  this.timeout(600_000);

  it('holds no more memory for many points than for few, with --resume, too @long-only', async () => {
    const { memory } = await coordinatorRates(POINTS);
    expect(memory.map(({ points }) => points)).to.deep.equal([1000, POINTS, POINTS]);
    const [few = 0, ...many] = memory.map(({ heap }) => heap);
    for (const heap of many) expect(heap - few).to.be.below(MOST_MORE);
  });
});
