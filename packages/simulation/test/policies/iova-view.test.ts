// SPDX-License-Identifier: GPL-2.0-only
// How the addresses of a domain are taken, read off a tree of which each range is known.

import { expect } from 'chai';
import { IO_BUFFER_Y, boot, plug } from '@iommu-bounce/integration';
import { table_driver } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { DMA_BIT_MASK, DMA_FROM_DEVICE, bus_type, device } from '@iommu-bounce/linux-shim';
import { IovaView } from '../../src/policies';

const PAGE = 4096;
/** Too large for the caches of the CPUs: what is unmapped leaves the tree at once. */
const LARGE = 64 * PAGE;

interface World {
  readonly view: IovaView;
  readonly map: (bytes: number) => number;
  readonly unmap: (address: number, bytes: number) => void;
}

/** @param reserved page numbers below 4 GiB that are taken from the start */
function world(patches: 0 | 4, reserved: readonly [number, number] | null = null): World {
  const m = boot({
    patches,
    config: IO_BUFFER_Y,
    params: 'iommu.strict=1',
    machine: { memory: { nodes: [{ lowmem_pages: 4096 }], reserved_pages: 128 } },
    driver: (k, iommu, dma) => new table_driver(k, iommu, dma),
  });
  const dev = new device('disk');
  dev.bus = new bus_type('platform');
  dev.dma_mask = DMA_BIT_MASK(32);
  const domain = plug(m, dev);
  if (reserved) m.iova.reserve_iova(to_cookie(domain).iovad, ...reserved);
  const { dma, mm, reserved_pfn } = m.k;
  return {
    view: new IovaView(domain),
    map: (bytes) =>
      dma.dma_map_page_attrs(dev, mm.pfn_to_page(reserved_pfn), 0, bytes, DMA_FROM_DEVICE, 0),
    unmap: (address, bytes) => {
      dma.dma_unmap_page_attrs(dev, address as never, bytes, DMA_FROM_DEVICE, 0);
    },
  };
}

describe('IovaView', () => {
  it('finds the hole that an unmap leaves, until it is filled', () => {
    const { view, map, unmap } = world(0);
    expect(view.use()).to.deep.equal({ used_bytes: 0, span_bytes: 0, holes: 0, fragmentation: 0 });
    const all = [map(LARGE), map(LARGE), map(LARGE)] as const;
    expect(view.use()).to.deep.equal({
      ...{ used_bytes: 3 * LARGE, span_bytes: 3 * LARGE, holes: 0, fragmentation: 0 },
    });
    unmap(all[1], LARGE);
    expect(view.use()).to.deep.equal({
      ...{ used_bytes: 2 * LARGE, span_bytes: 3 * LARGE, holes: 1, fragmentation: 1 / 3 },
    });
    // At the end of the range there is no hole.
    unmap(all[2], LARGE);
    expect(view.use()).to.include({ used_bytes: LARGE, span_bytes: LARGE, holes: 0 });
    unmap(all[0], LARGE);
    expect(view.taken()).to.equal(0);
  });

  it('takes what the cache of a CPU keeps for used', () => {
    const { view, map, unmap } = world(0);
    unmap(map(PAGE), PAGE);
    expect(view.use()).to.include({ used_bytes: PAGE, span_bytes: PAGE, holes: 0 });
  });

  it('does not count what is reserved from the start: neither used nor a hole', () => {
    // The topmost 64 pages are free, the 64 below them reserved.
    const top = 2 ** 20;
    const { view, map } = world(0, [top - 128, top - 65]);
    map(LARGE);
    map(LARGE);
    expect(view.taken()).to.equal(3 * LARGE);
    expect(view.use()).to.deep.equal({
      ...{ used_bytes: 2 * LARGE, span_bytes: 3 * LARGE, holes: 0, fragmentation: 0 },
    });
  });

  it('does not count the ranges of the pool', () => {
    const { view, map } = world(4);
    const pool = view.taken();
    expect(pool).to.be.above(0);
    map(PAGE);
    expect(view.taken()).to.equal(pool);
    expect(view.use()).to.include({ used_bytes: 0, span_bytes: 0 });
  });

  it('has nothing to say without a domain', () => {
    expect(new IovaView(null).use()).to.equal(null);
    expect(new IovaView(null).taken()).to.equal(0);
  });
});
