// SPDX-License-Identifier: GPL-2.0-only
// Findings: entries behind a list, offsets in a page, drivers that sync themselves, a table that is freed first.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  deref,
  dma_addr_t,
  sg_next,
} from '@iommu-bounce/linux-shim';
import { fill_pattern, new_device, pattern } from '@iommu-bounce/linux-shim/testing';
import { wiring } from './wire';

describe('a mapping among others', () => {
  const { wire } = wiring();

  it('finding: maps a list and destroys the address of the entry behind it', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const table = w.list([w.buffer(), 100, 0], [w.buffer(), 100, 0]);
    const second = deref(sg_next(table));
    w.map_sg(dev, second, 1, DMA_FROM_DEVICE);
    const { dma_address } = second;
    w.map_sg(dev, table, 1, DMA_FROM_DEVICE);
    expect([second.dma_address, second.dma_length]).to.eql([DMA_MAPPING_ERROR, 0]);
    second.dma_address = dma_address;
    second.dma_length = 100;
    w.unmap_sg(dev, second, 1, DMA_FROM_DEVICE);
    w.unmap_sg(dev, table, 1, DMA_FROM_DEVICE);
  });

  it('finding: takes a buffer for the offset in a large page too', () => {
    const w = wire({ params: { num_slots: 8 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer(6);
    const wanted: readonly (readonly [number, number])[] = [
      [0, 4096],
      [8192, 16_384],
      [20_000, 131_072],
      [130 * 1024, 0],
    ];
    for (const [offset, bytes] of wanted) {
      const at = w.map(dev, p, offset, 1024, DMA_TO_DEVICE);
      const klass = w.stats(domain).find(({ empty }) => empty < 8);
      expect(klass?.buffer_size ?? 0, String(offset)).to.equal(bytes);
      w.unmap(dev, at, 1024, DMA_TO_DEVICE);
      w.k.timers.advance(20_000);
    }
  });

  it('finding: of no bytes at the end of a page has the address of the next slot', () => {
    const w = wire({ params: { num_slots: 3, class_sizes: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const empty = w.map(dev, w.buffer(1), 4096, 0, DMA_TO_DEVICE);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_BIDIRECTIONAL);
    expect(empty).to.equal(at);
    w.unmap(dev, empty, 0, DMA_TO_DEVICE);
    // The slot of the second mapping is idle, and that of the first is lost.
    expect(w.stats(domain)[0]).to.include({ ro: 0, rw: 1, empty: 1 });
    expect(w.map(dev, w.buffer(), 0, 100, DMA_BIDIRECTIONAL)).to.equal(at);
    w.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
    w.unmap(dev, dma_addr_t(empty - 4096), 0, DMA_TO_DEVICE); // so that nothing is lost
  });

  it('finding: shows earlier data of its buffer where its driver syncs itself', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [other, own] = [w.buffer(), w.buffer()];
    fill_pattern(w.k, w.phys(other), 4096, 1);
    fill_pattern(w.k, w.phys(own), 4096, 2);
    w.unmap(dev, w.map(dev, other, 0, 4096, DMA_BIDIRECTIONAL), 4096, DMA_BIDIRECTIONAL);
    const at = w.map(dev, own, 0, 4096, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
    expect(w.read(dev, at, 4096)).to.eql(pattern(4096, 1));
    w.k.dma.dma_sync_single_for_device(dev, at, 100, DMA_BIDIRECTIONAL);
    expect(w.read(dev, at, 4096)?.slice(100)).to.eql(pattern(4096, 1).slice(100));
    w.unmap(dev, at, 4096, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
  });

  it('finding: unmaps in a table that its driver frees before it puts the cookie', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    w.unmap(dev, w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE), 100, DMA_TO_DEVICE);
    const seen: string[] = [];
    const { driver } = w;
    const [free, unmap] = [driver.domain_free.bind(driver), driver.unmap.bind(driver)];
    driver.domain_free = (domain) => {
      seen.push('table freed');
      free(domain);
    };
    driver.unmap = (...args) => {
      seen.push('unmap');
      return unmap(...args);
    };
    w.unplug(dev);
    expect(seen).to.eql(['table freed', 'unmap']);
  });
});
