// SPDX-License-Identifier: GPL-2.0-only
// Each failure alone: what goes wrong is a finding that is known. Every two of them under TEST_LONG.

import { expect } from 'chai';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import {
  FAULT_MACHINES,
  FAULT_SCENARIOS,
  type FaultsDocument,
  injectFaults,
} from '@iommu-bounce/safety';

const LONG = process.env['TEST_LONG'] === '1';
const [WITH_SERIES] = FAULT_MACHINES;
if (!WITH_SERIES) throw new Error('no machine');

/** Numbers of the findings that a run came upon, 0 for what none of them explains. */
const findings = ({ failures }: FaultsDocument): number[] =>
  [...new Set(failures.map(({ finding }) => finding ?? 0))].sort((a, b) => a - b);
const of = (...names: readonly string[]) =>
  FAULT_SCENARIOS.filter(({ name }) => names.includes(name));

describe('injectFaults', () => {
  it('finds what is known, and nothing else, when a device with the series is plugged in @long-only', function () {
    this.timeout(60_000);
    const found = injectFaults({ machines: [WITH_SERIES], scenarios: of('plug', 'pages') });
    expect(findings(found)).to.deep.equal([17, 21, 47, 55, 57]);
    expect(found.places).to.include.keys(
      'kmalloc',
      'page_alloc',
      'request',
      'vfio_pin',
      'workqueue',
    );
    // Each request once with each of eight statuses, everything else once.
    const places = Object.values(found.places).reduce((sum, n) => sum + n, 0);
    expect(found.tried.single).to.equal(places + 7 * (found.places['request'] ?? 0));
  });

  it('finds nothing of the series before it, and the leak of non-contiguous memory', function () {
    this.timeout(60_000);
    const machines = [{ driver: 'table', patches: 0 } as const];
    const found = injectFaults({ machines, scenarios: of('plug', 'remapped') });
    expect(findings(found)).to.deep.equal([37, 47, 65]);
  });

  it('finds a pool that loses its pages when the IOMMU refuses them', function () {
    this.timeout(60_000);
    const fixed = class extends io_buffer_pool_c {};
    (fixed.prototype as unknown as Record<string, unknown>)['io_buffer_pool_fill_slot'] = function (
      this: Record<string, unknown>,
      ...args: unknown[]
    ): unknown {
      const { dma_iommu } = this as { dma_iommu: { __iommu_dma_free_pages: unknown } };
      const free = dma_iommu.__iommu_dma_free_pages;
      dma_iommu.__iommu_dma_free_pages = () => undefined;
      const fill = (io_buffer_pool_c.prototype as unknown as Record<string, unknown>)[
        'io_buffer_pool_fill_slot'
      ] as (...all: unknown[]) => unknown;
      const ret = fill.apply(this, args);
      dma_iommu.__iommu_dma_free_pages = free;
      return ret;
    };
    const machines = [{ ...WITH_SERIES, overlays: { io_buffer_pool: fixed } }];
    const found = injectFaults({ machines, scenarios: of('many') });
    expect(findings(found)).to.include(0);
    expect(found.failures.find(({ finding }) => finding === null)?.what).to.match(
      /left behind: pages/,
    );
  });

  it('tries each failure on both IOMMUs, before and after the series @long', function () {
    if (!LONG) this.skip();
    this.timeout(600_000);
    const found = injectFaults();
    expect(findings(found)).to.deep.equal([17, 21, 37, 47, 55, 57, 65]);
    expect(found.tried.limits).to.be.greaterThan(10);
  });

  it('tries every two failures with the series on virtio-iommu @long', function () {
    if (!LONG) this.skip();
    this.timeout(600_000);
    const found = injectFaults({ machines: [WITH_SERIES], pairs: true });
    expect(findings(found)).to.deep.equal([17, 21, 37, 47, 55, 57]);
    expect(found.tried.pairs).to.be.greaterThan(5000);
  });

  it('refuses options that it does not have', () => {
    expect(() => injectFaults({ scenarios: [] })).to.throw(/scenarios/);
  });
});
