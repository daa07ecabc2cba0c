// SPDX-License-Identifier: GPL-2.0-only
// The benchmark: its cases do what their names say, and the least of all rounds is kept.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { DMA_FROM_DEVICE, PAGE_SIZE, dma_addr_t } from '@iommu-bounce/linux-shim';
import { WARM_UP, measure } from '../../src/bench/bench';
import { benchCases } from '../../src/bench/cases';
import { fioRates } from '../../src/bench/fio-rate';
import { benchMachine, copyScattered, scattered } from '../../src/bench/machines';
import { scheduleRates } from '../../src/bench/schedule-rate';

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

  it('run, all of them, each beside the copies that it makes, or one of 4 KiB where it makes none', () => {
    for (const { name, loop, copy } of cases) {
      loop(3);
      copy?.loop(3);
      const size = /_(2048)_at_/.exec(name)?.[1] ?? /_(\d+)_pool/.exec(name)?.[1] ?? '4096';
      const bounced = name.includes('_pool') && !name.includes('skip_cpu_sync');
      const to = bounced ? (name.startsWith('map_sg') ? '32x4096' : size) : '4096';
      expect(copy?.name, name).to.equal(name.startsWith('copy_') ? undefined : `copy_${to}`);
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
  this.timeout(60_000);

  it('is none for a hit at the beginning of a page, and some for an address beyond 2^31 that is new @long-only', () => {
    const register = join(__dirname, '../../../../register.cjs');
    const script = join(__dirname, 'pair-garbage.ts');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=source', '--require', register, script],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', NODE_V8_COVERAGE: '' } },
    );
    expect(stderr).to.equal('');
    const { hit, plain } = JSON.parse(stdout) as { hit: number; plain: number };
    expect(hit).to.equal(0);
    expect(plain).to.be.within(15, 400);
  });
});

describe('copies of a list', () => {
  it('go where unmapping the list would copy to', () => {
    const m = benchMachine({ pool: true });
    const { ram } = m.k.mm;
    const first = m.buffer.pfn * PAGE_SIZE;
    const list = scattered(m, 4);
    m.k.dma.dma_map_sg_attrs(m.dev, list, 4, DMA_FROM_DEVICE, 0);
    for (let i = 0; i < 4; i++) {
      const at = m.phys(dma_addr_t(list.dma_address + i * PAGE_SIZE));
      ram.fill(i + 1, at, at + PAGE_SIZE);
    }
    m.k.dma.dma_unmap_sg_attrs(m.dev, list, 4, DMA_FROM_DEVICE, 0);
    const unmapped = ram.slice(first, first + 8 * PAGE_SIZE);
    ram.fill(0, first, first + 8 * PAGE_SIZE);
    copyScattered(m, 4)(1);
    expect(Buffer.compare(ram.slice(first, first + 8 * PAGE_SIZE), unmapped)).to.equal(0);
    expect(unmapped[6 * PAGE_SIZE]).to.equal(4);
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
          copy: { name: 'y', loop: () => undefined },
        },
      ],
      9,
    );
    expect(spent.slice(0, 9 + WARM_UP)).to.deep.equal(new Array(9 + WARM_UP).fill(2));
    expect(result?.ns).to.be.at.least(0);
    expect(result?.ratio_to_copy).to.be.above(0);
    expect(result?.to).to.equal('y');
  });

  it('gives no ratio without a copy', () => {
    expect(
      measure([{ name: 'x', times: 1, loop: () => undefined, copy: null }], 9)[0]?.ratio_to_copy,
    ).to.equal(null);
  });
});

describe('fioRates', () => {
  it('counts I/Os by CPU time, policy by policy @long-only', () => {
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

describe('scheduleRates', () => {
  it('explores whole scenarios, with plain functions and without', () => {
    const [rate] = scheduleRates(1, ['map-unmap'], 1);
    expect(rate).to.include({ scenario: 'map-unmap', steps: 16 });
    expect(rate?.schedules_per_s).to.be.above(0);
    expect(rate?.generators_per_s).to.be.above(0);
  });

  it('refuses a scenario that there is not', () => {
    expect(() => scheduleRates(1, ['x'], 1)).to.throw(
      "scenario is 'x': expected one of map-unmap,",
    );
  });
});
