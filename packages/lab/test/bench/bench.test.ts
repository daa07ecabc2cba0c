// SPDX-License-Identifier: GPL-2.0-only
// The benchmark: its cases do what their names say, and the least of all rounds is kept.

import { DMA_FROM_DEVICE } from '@iommu-bounce/linux-shim';
import { expect } from 'chai';
import { WARM_UP, measure } from '../../src/bench/bench';
import { benchCases } from '../../src/bench/cases';

import { fioRates } from '../../src/bench/fio-rate';
import { garbageBytes } from '../../src/bench/garbage';
import { benchMachine, scattered } from '../../src/bench/machines';

describe('the cases of the benchmark', function () {
  this.timeout(20_000);
  const cases = benchCases().flat();

  it('are those of docs/performance.md, each once', () => {
    const names = cases.map((c) => c.name);
    expect(new Set(names).size).to.equal(names.length);
    for (const size of [4096, 16384, 131072]) {
      expect(names).to.include(`copy_${String(size)}`);
      for (const kind of ['from_device', 'to_device', 'bidirectional', 'skip_cpu_sync'])
        for (const how of ['pool', 'plain', 'pool_virtio', 'plain_virtio'])
          expect(names).to.include(`map_page_${kind}_${String(size)}_${how}`);
    }
    expect(names).to.include('map_sg_32x4096_to_device_plain');
    expect(names).to.include('map_page_from_device_4096_pool_slots_65536');
  });

  it('run, all of them, and have a copy beside them only where one is made', () => {
    for (const c of cases) {
      c.loop(3);
      c.copy?.(3);
      expect(c.copy !== null, c.name).to.equal(
        c.name.includes('_pool') && !c.name.includes('skip_cpu_sync'),
      );
    }
  });
});

describe('a machine of the benchmark', () => {
  it('maps a list of pages that are not adjacent, over virtio-iommu too', () => {
    const m = benchMachine({ pool: true, virtio: true });
    const map = (): number => m.k.dma.dma_map_sg_attrs(m.dev, scattered(m, 32), 32, 1, 0);
    expect(map()).to.be.above(0);
  });
});

describe('garbage', function () {
  this.timeout(20_000);
  const pair = (pool: boolean): ((n: number) => void) => {
    const { k, dev, buffer } = benchMachine({ pool });
    return (n) => {
      for (let i = 0; i < n; i++) {
        const addr = k.dma.dma_map_page_attrs(dev, buffer, 0, 4096, DMA_FROM_DEVICE, 0);
        k.dma.dma_unmap_page_attrs(dev, addr, 4096, DMA_FROM_DEVICE, 0);
      }
    };
  };

  it('is none for a hit at the beginning of a page', () => {
    const loop = pair(true);
    loop(200_000);
    expect(garbageBytes(loop, 200_000)).to.equal(0);
  });

  it('is seen where there is some: an address beyond 2^31 that is new', () => {
    const loop = pair(false);
    loop(20_000);
    expect(garbageBytes(loop, 20_000)).to.be.within(15, 400);
  });
});

describe('measure', () => {
  it('keeps the least of the rounds, and leaves the first ones out', () => {
    const spent: number[] = [];
    const [result] = measure(
      [
        {
          name: 'x',
          times: 2,
          loop: (n) => {
            spent.push(n);
          },
          copy: () => undefined,
        },
      ],
      9,
    );
    expect(spent.slice(0, 9 + WARM_UP)).to.deep.equal(new Array(9 + WARM_UP).fill(2));
    expect(result?.ns).to.be.at.least(0);
    expect(result?.ratio_to_copy).to.be.above(0);
  });

  it('gives no ratio without a copy', () => {
    expect(
      measure([{ name: 'x', times: 1, loop: () => undefined, copy: null }], 9)[0]?.ratio_to_copy,
    ).to.equal(null);
  });
});

describe('fioRates', () => {
  it('counts I/Os by CPU time, policy by policy', () => {
    const rates = fioRates('strict,pool', 2000);
    expect(rates.map(({ policy, ios }) => [policy, ios])).to.deep.equal([
      ['strict', 2000],
      ['pool', 2000],
    ]);
    for (const { heap_late } of rates) {
      expect(heap_late).to.be.above(0);
    }
  });
});
