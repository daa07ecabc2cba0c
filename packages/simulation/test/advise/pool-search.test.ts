// SPDX-License-Identifier: GPL-2.0-only
// The search finds what trying every choice finds.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { PoolLoad, PoolModel, PoolSearch } from '@iommu-bounce/simulation';

/** Sizes of up to 64 KiB, of which some are in use at a time; `huge` of them are larger than every class. */
function randomLoad(seed: number, huge = 0): PoolLoad {
  const source = random(seed);
  const below = (n: number): number => source.below(n);
  const load = new PoolLoad(250);
  const live: number[] = [];
  for (let i = 0; i < 400; i++) {
    const call = { jiffies: 10 * i, copies: 100, requests: 1 };
    if (live.length > 0 && below(5) < 2) {
      const [map = 0] = live.splice(below(live.length), 1);
      load.unmap(map, call);
    } else
      live.push(
        load.map({
          ...{ ...call, domain: below(2), prot: below(3), fillFails: false },
          size: i < huge ? 2 ** 20 : 2 ** (9 + below(8)),
        }),
      );
    while (live.length > 12) load.unmap(live.shift() ?? 0, call);
  }
  return load;
}

function searchOf(load: PoolLoad): PoolSearch {
  return new PoolSearch([{ load, model: new PoolModel(load, 0) }]);
}

describe('PoolSearch', () => {
  for (const seed of [1, 2, 3])
    it(`finds the least memory that serves a share, seed ${String(seed)}`, () => {
      const load = randomLoad(seed);
      const search = searchOf(load);
      for (const share of [0.3, 0.8, 0.95, 1]) {
        const maps = Math.ceil(share * load.maps);
        let least = Infinity;
        for (let mask = 1; mask < 32; mask++)
          for (let slots = 1; slots <= 40; slots++) {
            const point = search.at(mask, slots);
            if (point.served >= maps) least = Math.min(least, point.memoryBytes);
          }
        const found = searchOf(load).serving(maps);
        expect(found?.memoryBytes, `seed ${String(seed)}, share ${String(share)}`).to.equal(least);
        expect(found?.served).to.be.at.least(maps);
      }
    });

  it('serves most within a budget, and nothing where not one slot fits', () => {
    const load = randomLoad(7);
    const search = searchOf(load);
    for (const bytes of [20_000, 100_000, 10 ** 7]) {
      let most = 0;
      for (let mask = 1; mask < 32; mask++)
        for (let slots = 1; slots <= 40; slots++) {
          const point = search.at(mask, slots);
          if (point.memoryBytes <= bytes) most = Math.max(most, point.served);
        }
      const found = searchOf(load).within(bytes);
      expect(found?.served, String(bytes)).to.equal(most);
      expect(found?.memoryBytes).to.be.at.most(bytes);
    }
    expect(search.within(100)).to.equal(null);
    expect(search.smallest()?.numSlots).to.equal(1);
  });

  it('reaches only what the largest class holds', () => {
    const search = searchOf(randomLoad(5, 40));
    expect(search.maps - search.reachable).to.be.within(1, 40);
    expect(search.serving(search.maps)).to.equal(null);
    expect(search.serving(search.reachable)?.served).to.equal(search.reachable);
  });

  it('has no choice on the front that another one beats', () => {
    const front = searchOf(randomLoad(9)).front([0.5, 0.9, 0.99, 1]);
    expect(front.length).to.be.above(2);
    for (const one of front)
      for (const other of front)
        if (one !== other)
          expect(
            one.memoryBytes <= other.memoryBytes &&
              one.requests <= other.requests &&
              one.copiedBytes <= other.copiedBytes,
          ).to.equal(false);
  });

  it('counts the pool of a domain that maps nothing', () => {
    const load = randomLoad(3);
    const before = searchOf(load).at(1, 100);
    load.domains += 6;
    expect(searchOf(load).at(1, 100).memoryBytes - before.memoryBytes).to.equal(6 * 100 * 40);
  });
});
